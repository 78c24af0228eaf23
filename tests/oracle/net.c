/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets, places to make them in, and the knobs of the kernel around them. */
#include "oracle.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define SERVER_PORT  30999
#define FIRST_PORT   2000 /* of those that are bound by number */
#define LAST_PORT    30000
#define FIRST_CHOSEN 32768 /* of those that connect() chooses */
#define LAST_CHOSEN  49999
#define FIRST_OTHER  50000 /* of the other ends */
#define LAST_OTHER   60999
#define RANGE	     "32768 60999"
#define BACKLOG	     4096

#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78
#endif

/* The guest's script makes the devices, see guest.sh. */
static const char *const devices[PLACE_MAX] = {
	[PLACE_LO] = "lo",    [PLACE_DUMMY] = "dummy0", [PLACE_DUMMY_TOO] = "dummy1",
	[PLACE_VRF] = "vrf0", [PLACE_VRF_TOO] = "vrf1",
};

const struct test_case *current_case;
static int netns_here, netns_other;
static int range_here, range_other;
static int servers[PLACE_MAX];

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("oracle: ", stderr);
	vfprintf(stderr, format, args);
	fprintf(stderr, " (%s)\n", strerror(errno));
	if (current_case)
		case_print(stderr, current_case);
	fputc('\n', stderr);
	va_end(args);
	exit(2);
}

static void enter(int netns)
{
	if (setns(netns, CLONE_NEWNET))
		die("setns");
}

void write_sysctl(const char *name, const char *value)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	file = fopen(path, "w");
	if (!file || fputs(value, file) < 0 || fclose(file))
		die("%s", path);
}

static int open_range(void)
{
	int fd = open("/proc/sys/net/ipv4/ip_local_port_range", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("ip_local_port_range");
	return fd;
}

static void write_range(int fd, const char *text)
{
	if (pwrite(fd, text, strlen(text), 0) < 0)
		die("range %s", text);
}

void limit_ports(uint16_t low, uint16_t high, bool elsewhere)
{
	char text[32];

	snprintf(text, sizeof(text), "%u %u", low, high);
	write_range(elsewhere ? range_other : range_here, text);
}

void unlimit_ports(void)
{
	write_range(range_here, RANGE);
	write_range(range_other, RANGE);
}

void set_option(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)))
		die("setsockopt %d %d %d", level, name, value);
}

bool set_flag(int fd, enum flag flag, bool on)
{
	int value = on;

	return !setsockopt(fd, SOL_SOCKET, flag == FLAG_RA ? SO_REUSEADDR : SO_REUSEPORT, &value,
			   sizeof(value));
}

uint64_t inode_of(int fd)
{
	struct stat status;

	if (fstat(fd, &status))
		die("fstat");
	return status.st_ino;
}

void close_hard(int fd)
{
	static const struct linger linger = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

/* Each case has a port of its own; the remnants of the last time around are gone by then. */
uint16_t next_port(bool chosen)
{
	static uint16_t last = FIRST_PORT, last_chosen = FIRST_CHOSEN;

	if (!chosen)
		return last = last >= LAST_PORT ? FIRST_PORT : last + 1;
	return last_chosen = last_chosen >= LAST_CHOSEN ? FIRST_CHOSEN : last_chosen + 1;
}

void limit_other_ends(bool elsewhere)
{
	limit_ports(FIRST_OTHER, LAST_OTHER, elsewhere);
}

struct endpoint endpoint_of(const char *host, int family, uint16_t port)
{
	struct endpoint endpoint = {0};
	struct sockaddr_in *four = (struct sockaddr_in *)&endpoint.address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&endpoint.address;
	void *address = family == AF_INET6 ? (void *)&six->sin6_addr : (void *)&four->sin_addr;

	endpoint.address.ss_family = family;
	endpoint.length = family == AF_INET6 ? sizeof(*six) : sizeof(*four);
	four->sin_port = htons(port);
	if (inet_pton(family, host, address) != 1)
		die("address %s", host);
	return endpoint;
}

const char *place_device(enum spot place)
{
	return devices[place];
}

static void to_device(int fd, enum spot place)
{
	const char *name = devices[place];

	if (name && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, strlen(name) + 1))
		die("SO_BINDTODEVICE %s", name);
}

static int open_in(enum spot place, int family, int type, int protocol)
{
	int fd;

	if (place == PLACE_NETNS)
		enter(netns_other);
	fd = socket(family, type | SOCK_CLOEXEC, protocol);
	if (place == PLACE_NETNS)
		enter(netns_here);
	if (fd < 0)
		die("socket");
	to_device(fd, place);
	return fd;
}

/* ::1 is on no dummy: IPV6_FREEBIND lets it be bound there. */
int open_socket(const struct socket_plan *plan, bool udp)
{
	const struct variant *variant = &variants[plan->variant];
	int fd;

	setfsuid(plan->uid);
	fd = open_in(plan->place == PLACE_NETNS ? PLACE_NETNS : PLACE_HERE, variant->family,
		     udp ? SOCK_DGRAM : SOCK_STREAM, 0);
	setfsuid(0);
	if (plan->place != PLACE_NETNS)
		to_device(fd, plan->place);
	if (variant->v6only)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (variant->family == AF_INET6 && (plan->place == PLACE_DUMMY || plan->place == PLACE_DUMMY_TOO))
		set_option(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1);
	if ((plan->flags & FLAG_RA && !set_flag(fd, FLAG_RA, true)) ||
	    (plan->flags & FLAG_RP && !set_flag(fd, FLAG_RP, true)))
		die("flags");
	return fd;
}

/* The other end of a connection with a socket in that place. */
int peer_socket(enum spot place, int family)
{
	return open_in(place, family, SOCK_STREAM, 0);
}

static int make_server(enum spot place)
{
	struct endpoint endpoint = endpoint_of("::", AF_INET6, SERVER_PORT);
	int fd = open_in(place, AF_INET6, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&endpoint.address, endpoint.length) || listen(fd, BACKLOG))
		die("server in place %d", place);
	return fd;
}

int server_of(enum spot place)
{
	return servers[place == PLACE_LO ? PLACE_HERE : place];
}

static uint16_t checksum(const uint8_t *data, size_t size, uint32_t sum)
{
	for (size_t i = 0; i + 1 < size; i += 2)
		sum += data[i] << 8 | data[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static uint16_t port_of(const struct endpoint *endpoint)
{
	return ((const struct sockaddr_in *)&endpoint->address)->sin_port;
}

/* As the other end would: TIME_WAIT ends at a reset that has the expected sequence number. */
void send_reset(const struct endpoint *from, const struct endpoint *to, uint32_t sequence, enum spot place)
{
	int family = from->address.ss_family, offset = offsetof(struct tcphdr, check);
	struct tcphdr header = {
		.source = port_of(from), .dest = port_of(to), .seq = htonl(sequence), .doff = 5, .rst = 1};
	int fd = open_in(place, family, SOCK_RAW, IPPROTO_TCP);
	struct endpoint source = *from, target = *to;
	uint32_t pseudo = IPPROTO_TCP + sizeof(header);

	/* same place of the port in both families */
	((struct sockaddr_in *)&source.address)->sin_port = 0;
	((struct sockaddr_in *)&target.address)->sin_port = 0;
	if (family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_CHECKSUM, &offset, sizeof(offset));
	} else {
		const uint8_t *one = (uint8_t *)&((struct sockaddr_in *)&source.address)->sin_addr;
		const uint8_t *two = (uint8_t *)&((struct sockaddr_in *)&target.address)->sin_addr;

		pseudo += (one[0] << 8) + one[1] + (one[2] << 8) + one[3];
		pseudo += (two[0] << 8) + two[1] + (two[2] << 8) + two[3];
		header.check = checksum((uint8_t *)&header, sizeof(header), pseudo);
	}
	if (bind(fd, (struct sockaddr *)&source.address, source.length) ||
	    sendto(fd, &header, sizeof(header), 0, (struct sockaddr *)&target.address, target.length) < 0)
		die("reset");
	close(fd);
}

void net_prepare(void)
{
	static const struct rlimit files = {65536, 65536}, unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	static const enum spot with_server[] = {PLACE_HERE, PLACE_VRF, PLACE_VRF_TOO, PLACE_NETNS};

	setrlimit(RLIMIT_NOFILE, &files);
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	netns_here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	netns_other = open("/run/netns/other", O_RDONLY | O_CLOEXEC);
	if (netns_here < 0 || netns_other < 0)
		die("network namespaces");
	range_here = open_range();
	/* an orphan stays a whole socket, and every remnant stays */
	write_sysctl("tcp_fin_timeout", "120");
	write_sysctl("tcp_max_tw_buckets", "262144");
	write_sysctl("tcp_max_orphans", "262144");
	enter(netns_other);
	range_other = open_range();
	write_sysctl("tcp_fin_timeout", "120");
	write_sysctl("tcp_max_tw_buckets", "262144");
	enter(netns_here);
	unlimit_ports();
	for (size_t i = 0; i < COUNT(with_server); i++)
		servers[with_server[i]] = make_server(with_server[i]);
}
