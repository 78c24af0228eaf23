// SPDX-License-Identifier: GPL-2.0-or-later
// Draws the lanes of the page from its data. All that comes from the data is set as text.
"use strict";

const report = JSON.parse(document.getElementById("data").textContent);
const MS = 1e6;
const WIDEST = 8e6; // pixels, below what browsers can lay out
const FINDINGS_MOST = 200;
const LANE_TOP = 2.1, ROW = 1.5, LANE_END = 0.35; // rem, as in the style
const CALLS = { bind: "bind", listen: "listen", autobind: "connect" };
const FLAGS = {
	F: "freebind", T: "transparent", N: "bind_address_no_port", R: "SO_REUSEADDR",
	r: "SO_REUSEPORT", 6: "IPV6_V6ONLY", D: "bound to a device", "!": "forced reuse",
};
const STATES = {
	listen: "listening", bound: "bound", "time-wait": "TIME_WAIT remnant", established: "connected",
};
const TONES = [["refused", "refused"], ["shared", "shared"], ["unexplained", "unexplained"]];

const byId = (id) => document.getElementById(id);
const grid = byId("grid"), scroller = byId("scroller"), detail = byId("detail");
let rows = []; // { lane, element, cells: [{ kind, item, from, to, element }] }
let zoom = 1, current = null, selected = null;

function make(tag, className, text) {
	const element = document.createElement(tag);
	if (className)
		element.className = className;
	if (text !== undefined && text !== null)
		element.textContent = text;
	return element;
}

// ---- words

function clock(ns, decimals) {
	const ms = report.start_ms + report.utc_offset_s * 1000 + ns / MS;
	const fraction = decimals > 3 ? String(Math.floor((ns % MS + MS) % MS)).padStart(6, "0").slice(0, decimals - 3) : "";
	return new Date(ms).toISOString().slice(11, decimals ? 20 + Math.min(decimals, 3) : 19) + fraction;
}

function day(ns) {
	return new Date(report.start_ms + report.utc_offset_s * 1000 + ns / MS).toISOString().slice(0, 10);
}

function duration(ns) {
	for (const [unit, name] of [[3600e9, "h"], [60e9, "min"], [1e9, "s"], [1e6, "ms"], [1e3, "µs"]])
		if (ns >= unit)
			return `${Number((ns / unit).toPrecision(3))} ${name}`;
	return `${ns} ns`;
}

function plural(count, word) {
	return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}

function flagWords(flags) {
	return [...flags].map((letter) => FLAGS[letter]).filter(Boolean).join(", ") || "none";
}

function stateWord(span) {
	return STATES[span.state] || (span.state || "bound").toUpperCase().replace(/-/g, "_");
}

function markTitle(mark, lane) {
	return `${mark.who} ${CALLS[mark.call] || mark.call} ${lane.name}: ${mark.error ?? (mark.tone === "shared" ? "port is shared" : "ok")}`;
}

function spanTitle(span, lane) {
	return `${span.who} ${stateWord(span)}, ${lane.name}`;
}

function spanTimes(span) {
	const from = span.older ? `before ${clock(0, 0)}` : clock(span.from, 3);
	return `${from} to ${span.open ? "the end" : clock(span.to, 3)} (${duration(span.to - span.from)})`;
}

// ---- lanes

function spanClass(state) {
	return state === "listen" || state === "bound" || state === "time-wait" ? state : "connected";
}

function percent(ns) {
	return `${report.length ? (100 * ns) / report.length : 0}%`;
}

function makeCell(kind, item, lane) {
	const element = make("button");
	const cell = { kind, item, lane, element, from: item.at ?? item.from, to: item.at ?? item.to };
	element.type = "button";
	element.tabIndex = -1;
	element.setAttribute("role", "gridcell");
	element.setAttribute("aria-selected", "false");
	element.style.left = percent(cell.from);
	if (kind === "mark") {
		element.className = `mark ${item.tone}`;
		element.setAttribute("aria-label", `${clock(item.at, 3)} ${markTitle(item, lane)}`);
		element.title = `${clock(item.at, 3)} ${markTitle(item, lane)}`;
		return cell;
	}
	element.style.width = percent(cell.to - cell.from);
	if (kind === "gap") {
		element.className = "span gap";
		element.style.setProperty("--track", 0);
		element.append(make("span", "", item.text));
		element.setAttribute("aria-label", item.text);
		return cell;
	}
	element.className = `span ${spanClass(item.state)}${item.open ? " open" : ""}${item.older ? " older" : ""}`;
	element.style.setProperty("--track", item.track);
	element.append(make("span", "", `${item.who} ${stateWord(item)}`));
	element.setAttribute("aria-label", `${spanTitle(item, lane)}, ${spanTimes(item)}`);
	return cell;
}

function laneWords(lane) {
	const refused = lane.marks.filter((mark) => mark.error !== null).length;
	const words = [plural(lane.marks.length, "attempt")];
	if (refused)
		words.push(`${refused} refused`);
	if (lane.gaps.length)
		words.push(plural(lane.gaps.length, "gap"));
	return words.join(", ");
}

function makeRow(lane, isElsewhere) {
	const element = make("div", "lane"), head = make("div", "head"), body = make("div", "body");
	const inner = make("div", "inner");
	const height = LANE_TOP + Math.max(lane.tracks, 1) * ROW + LANE_END;
	const cells = [
		...lane.gaps.map((item) => makeCell("gap", item, lane)),
		...lane.spans.map((item) => makeCell("span", item, lane)),
		...lane.marks.map((item) => makeCell("mark", item, lane)),
	].sort((one, other) => one.from - other.from);
	element.setAttribute("role", "row");
	head.setAttribute("role", "rowheader");
	head.append(make("b", "", lane.port ? lane.name : `${lane.name} (no port)`), make("span", "", laneWords(lane)));
	if (isElsewhere)
		head.append(make("span", "", `netns ${lane.netns}`));
	body.setAttribute("role", "presentation");
	inner.setAttribute("role", "presentation");
	inner.style.height = `${height}rem`;
	element.style.containIntrinsicSize = `auto ${height + 0.1}rem`;
	inner.append(...cells.map((cell) => cell.element));
	body.append(inner);
	element.append(head, body);
	const row = { lane, element, cells, words: searchWords(lane), hasFindings: hasFindings(lane), isOutgoing: isOutgoing(lane) };
	for (const cell of cells) {
		cell.row = row;
		cell.element.cell = cell;
	}
	return row;
}

function searchWords(lane) {
	return [lane.name, ...new Set([...lane.spans, ...lane.marks].map((item) => item.who))].join("\n").toLowerCase();
}

function hasFindings(lane) {
	return lane.gaps.length > 0 || lane.marks.some((mark) => mark.tone !== "accepted");
}

// Only ports that the kernel chose for a connection, or for nothing in particular.
function isOutgoing(lane) {
	return !hasFindings(lane) && lane.spans.length > 0 &&
		lane.spans.every((span) => span.chosen && span.state !== "listen");
}

// What needs a look comes first, what is of no port or was chosen by the kernel last.
function rank(row) {
	return row.isOutgoing ? 3 : !row.hasFindings ? 2 : row.lane.port ? 0 : 1;
}

function commonest(values) {
	const counts = new Map();
	for (const value of values)
		counts.set(value, (counts.get(value) ?? 0) + 1);
	return [...counts].sort((one, other) => other[1] - one[1])[0]?.[0];
}

function makeRows() {
	const here = commonest(report.lanes.map((lane) => lane.netns));
	rows = report.lanes.map((lane) => makeRow(lane, lane.netns !== here));
	rows.sort((one, other) => rank(one) - rank(other));
	grid.append(...rows.map((row) => row.element));
	const outgoing = rows.filter((row) => row.isOutgoing).length;
	byId("outgoing-label").hidden = !outgoing || outgoing === rows.length;
	byId("outgoing").checked = outgoing === rows.length;
	byId("outgoing-text").textContent = `${outgoing.toLocaleString("en")} chosen by the kernel`;
	filterRows();
}

function filterRows() {
	const wanted = byId("search").value.trim().toLowerCase();
	let shown = 0;
	for (const row of rows) {
		row.element.hidden = !(row.words.includes(wanted) && (row.hasFindings || !byId("troubled").checked) &&
			(wanted || byId("outgoing").checked || !row.isOutgoing));
		shown += !row.element.hidden;
	}
	byId("nothing").hidden = shown > 0;
	const first = visibleRows().find((row) => row.cells.length);
	setCurrent(current && !current.row.element.hidden ? current : first?.cells[0]);
}

function visibleRows() {
	return rows.filter((row) => !row.element.hidden);
}

// ---- one of them has the focus, and explains itself

function setCurrent(cell) {
	if (current)
		current.element.tabIndex = -1;
	current = cell || null;
	if (current)
		current.element.tabIndex = 0;
}

function focusCell(cell) {
	if (!cell)
		return;
	setCurrent(cell);
	cell.element.focus({ preventScroll: true });
	cell.element.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function nearest(cells, time) {
	return cells.reduce((best, cell) => {
		const distance = Math.abs(cell.from - time);
		return !best || distance < best.distance ? { cell, distance } : best;
	}, null)?.cell;
}

function addPair(list, label, text) {
	if (text !== null && text !== undefined && text !== "")
		list.append(make("dt", "", label), make("dd", "", text));
}

function explainMark(mark, body) {
	const because = mark.details.some(([label]) => label === "because");
	const lines = make("dl"), facts = make("dl", "facts");
	if (mark.text && !because)
		body.append(make("p", "verdict", mark.text));
	for (const [label, text] of mark.details)
		if (label === "because")
			body.append(make("p", "verdict", text));
	for (const [label, text] of mark.details)
		if (label !== "because")
			lines.append(make("dt", "", label), make("dd", "", text));
	addPair(facts, "when", `${day(mark.at)} ${clock(mark.at, 6)}`);
	addPair(facts, "flags", `${mark.flags} (${flagWords(mark.flags)})`);
	addPair(facts, "rule", mark.rule);
	addWho(facts, mark);
	addPair(facts, "event", mark.seq);
	body.append(lines, facts);
}

function addWho(list, item) {
	addPair(list, "program", item.exe);
	addPair(list, "unit", item.unit);
	addPair(list, "uid", item.uid);
}

function explainSpan(span, body) {
	const facts = make("dl");
	addPair(facts, "when", spanTimes(span));
	addPair(facts, "peer", span.peer);
	addPair(facts, "flags", `${span.flags} (${flagWords(span.flags)})`);
	addWho(facts, span);
	body.append(facts);
}

function explainGap(gap, body) {
	const facts = make("dl");
	addPair(facts, "from", `${clock(gap.from, 6)}, when ${gap.before} let it go`);
	addPair(facts, "to", `${clock(gap.to, 6)}, when ${gap.after} had it`);
	body.append(facts);
}

const explainers = {
	mark: [markTitle, explainMark],
	span: [spanTitle, explainSpan],
	gap: [(gap, lane) => `${gap.text} (${lane.name})`, explainGap],
};

function select(cell) {
	const [title, explain] = explainers[cell.kind], body = byId("detail-body");
	if (selected)
		selected.element.setAttribute("aria-selected", "false");
	selected = cell;
	cell.element.setAttribute("aria-selected", "true");
	byId("detail-title").textContent = title(cell.item, cell.lane);
	body.replaceChildren();
	explain(cell.item, body);
	detail.hidden = false;
	detail.scrollTop = 0;
	// What is explained stays in sight above its explanation.
	const covered = cell.element.getBoundingClientRect().bottom - detail.getBoundingClientRect().top;
	if (covered > -8)
		window.scrollBy(0, covered + 24);
}

function closeDetail() {
	const cell = selected;
	detail.hidden = true;
	selected = null;
	if (cell) {
		cell.element.setAttribute("aria-selected", "false");
		focusCell(cell);
	}
}

// ---- time

function bodyWidth() {
	return grid.clientWidth - byId("axis").firstElementChild.offsetWidth;
}

function setZoom(value, keep) {
	const head = byId("axis").firstElementChild.offsetWidth, view = scroller.clientWidth - head;
	const at = keep ?? (scroller.scrollLeft + view / 2) / bodyWidth();
	zoom = Math.min(Math.max(value, 1), WIDEST / scroller.clientWidth);
	grid.style.setProperty("--width", zoom === 1 ? "100%" : `${Math.round(view * zoom + head)}px`);
	scroller.scrollLeft = at * bodyWidth() - view / 2;
	drawTicks();
}

function tickStep(ns) {
	const steps = [1, 2, 5];
	for (let unit = 1e3; unit < 1e10; unit *= 10)
		for (const step of steps)
			if (step * unit >= ns)
				return step * unit;
	for (const step of [15e9, 30e9, 60e9, 120e9, 300e9, 600e9, 1800e9, 3600e9, 7200e9, 21600e9])
		if (step >= ns)
			return step;
	return Math.ceil(ns / 86400e9) * 86400e9;
}

function drawTicks() {
	const width = bodyWidth() - 32, perPixel = report.length / Math.max(width, 1);
	const step = tickStep(perPixel * 110), decimals = step >= 1e9 ? 0 : step >= 1e6 ? 3 : 6;
	const from = Math.max(0, scroller.scrollLeft * perPixel - step), to = (scroller.scrollLeft + scroller.clientWidth) * perPixel;
	const zone = report.start_ms * MS + report.utc_offset_s * 1e9;
	const ticks = [];
	for (let at = Math.ceil((from + (zone % step)) / step) * step - (zone % step); at <= Math.min(to, report.length); at += step) {
		if (at < 0)
			continue;
		const tick = make("span", "", clock(at, decimals));
		tick.style.left = percent(at);
		ticks.push(tick);
	}
	byId("ticks").replaceChildren(...ticks);
}

// ---- what is above the lanes

function allMarks() {
	return rows.flatMap((row) => row.cells.filter((cell) => cell.kind === "mark"));
}

function showHead(marks) {
	const offset = report.utc_offset_s / 60, sign = offset < 0 ? "−" : "+", size = Math.abs(offset);
	const zone = offset ? `UTC${sign}${Math.floor(size / 60)}${size % 60 ? `:${String(size % 60).padStart(2, "0")}` : ""}` : "UTC";
	byId("where").textContent = ["on " + (report.host ?? "an unknown machine"), report.kernel && `Linux ${report.kernel}`].filter(Boolean).join(", ");
	byId("when").textContent = `${day(0)} ${clock(0, 0)} to ${day(0) === day(report.length) ? "" : day(report.length) + " "}${clock(report.length, 0)} ${zone} (${duration(report.length)})` +
		(report.filters.length ? `, recorded with ${report.filters.join(", ")}` : "");
	const totals = [["", marks.length, "attempt"]];
	for (const [tone, word] of TONES)
		totals.push([tone, marks.filter((cell) => cell.item.tone === tone).length, word]);
	totals.push(["gap", rows.reduce((sum, row) => sum + row.lane.gaps.length, 0), "gap"], ["", rows.length, "lane"]);
	for (const [tone, count, word] of totals) {
		if (!count && tone)
			continue;
		const item = make("li"), noun = TONES.some(([name]) => name === tone) || count === 1 ? word : `${word}s`;
		item.dataset.tone = tone;
		item.append(make("b", "", count.toLocaleString("en")), ` ${noun}`);
		byId("totals").append(item);
	}
	const warnings = [
		report.lost && `The recording ${report.lost}: something may be missing here.`,
		report.cut && "The recording has no end: it was cut, or was still written.",
		report.left_out && `${plural(report.left_out, "attempt")} more are left out here; a filter makes room for them.`,
	].filter(Boolean);
	byId("warning").hidden = !warnings.length;
	byId("warning").textContent = warnings.join(" ");
}

function findingOf(cell) {
	const item = make("li"), button = make("button", "finding"), mark = cell.item;
	const isGap = cell.kind === "gap";
	const because = isGap ? `from ${mark.before} to ${mark.after}` :
		mark.details.find(([label]) => label === "because")?.[1] ?? mark.text ?? "";
	button.type = "button";
	button.dataset.tone = isGap ? "gap" : mark.tone;
	button.append(make("time", "", clock(cell.from, 3)), make("span", "what", isGap ? "gap" : mark.error ?? mark.tone),
		make("span", "place", isGap ? mark.text : `${mark.who} ${cell.lane.name}`), make("span", "why", because));
	button.addEventListener("click", () => {
		cell.row.element.hidden = false;
		focusCell(cell);
		cell.element.scrollIntoView({ block: "center", inline: "center" });
		select(cell);
	});
	item.append(button);
	return item;
}

function showFindings() {
	const found = rows.flatMap((row) => row.cells.filter((cell) =>
		cell.kind === "gap" || (cell.kind === "mark" && cell.item.tone !== "accepted")));
	found.sort((one, other) => one.from - other.from);
	byId("findings").hidden = !found.length;
	byId("findings-list").append(...found.slice(0, FINDINGS_MOST).map(findingOf));
	byId("findings-more").hidden = found.length <= FINDINGS_MOST;
	byId("findings-more").textContent = `and ${plural(found.length - FINDINGS_MOST, "more")} in the lanes below`;
}

// ---- keys and clicks

function moveBy(step) {
	const cells = current.row.cells;
	focusCell(cells[Math.min(Math.max(cells.indexOf(current) + step, 0), cells.length - 1)]);
}

function moveLane(step) {
	const shown = visibleRows().filter((row) => row.cells.length);
	const row = shown[shown.indexOf(current.row) + step];
	if (row)
		focusCell(nearest(row.cells, current.from));
}

const keys = {
	ArrowRight: () => moveBy(1),
	ArrowLeft: () => moveBy(-1),
	ArrowDown: () => moveLane(1),
	ArrowUp: () => moveLane(-1),
	Home: () => moveBy(-Infinity),
	End: () => moveBy(Infinity),
	Escape: closeDetail,
	"+": () => setZoom(zoom * 1.6, (current?.from ?? 0) / (report.length || 1)),
	"=": () => setZoom(zoom * 1.6, (current?.from ?? 0) / (report.length || 1)),
	"-": () => setZoom(zoom / 1.6, (current?.from ?? 0) / (report.length || 1)),
	0: () => setZoom(1),
};

function listen() {
	let drawn = 0;
	grid.addEventListener("keydown", (event) => {
		const action = keys[event.key];
		if (!action || !current || event.ctrlKey || event.altKey || event.metaKey)
			return;
		event.preventDefault();
		action();
	});
	grid.addEventListener("click", (event) => {
		const cell = event.target.closest("button")?.cell;
		if (!cell)
			return;
		setCurrent(cell);
		select(cell);
	});
	detail.addEventListener("keydown", (event) => {
		if (event.key === "Escape")
			closeDetail();
	});
	byId("detail-close").addEventListener("click", closeDetail);
	byId("zoom-in").addEventListener("click", () => setZoom(zoom * 2));
	byId("zoom-out").addEventListener("click", () => setZoom(zoom / 2));
	byId("zoom-fit").addEventListener("click", () => setZoom(1));
	for (const id of ["search", "troubled", "outgoing"])
		byId(id).addEventListener("input", filterRows);
	scroller.addEventListener("wheel", (event) => {
		if (!event.ctrlKey)
			return;
		event.preventDefault();
		setZoom(zoom * (event.deltaY < 0 ? 1.25 : 0.8));
	}, { passive: false });
	for (const [target, name] of [[scroller, "scroll"], [window, "resize"]])
		target.addEventListener(name, () => {
			cancelAnimationFrame(drawn);
			drawn = requestAnimationFrame(drawTicks);
		});
}

makeRows();
showHead(allMarks());
showFindings();
listen();
setZoom(1);
