# SPDX-License-Identifier: GPL-2.0-or-later
# live.ps1 -Programs FOLDER -Out FOLDER
# On a real Windows, as administrator: a live trace and logman's capture of the
# same two binds.  Both must tell the refusal and whose socket was in the way;
# the capture is left in the Out folder.
param([Parameter(Mandatory)] [string] $Programs, [Parameter(Mandatory)] [string] $Out)

$ErrorActionPreference = 'Stop'
$reusetrace = Join-Path $Programs 'reusetrace.exe'
$bindtwice = Join-Path $Programs 'bindtwice.exe'
New-Item -ItemType Directory -Force $Out | Out-Null
$live = Join-Path $Out 'live.ndjson'
$etl = Join-Path $Out 'capture.etl'
$failed = 0

function Check([string] $name, [bool] $good) {
	if ($good) { "ok windows.live.$name" } else { "not ok windows.live.$name"; $script:failed++ }
}

# Refused by SO_EXCLUSIVEADDRUSE of the same process: one bind that passes, one that does not.
function Expect([string] $name, $events, [int] $port) {
	$binds = @($events | Where-Object { $_.type -eq 'bind' -and $_.socket.requested.port -eq $port })
	Check "$name.two-binds" ($binds.Count -eq 2)
	$no = @($binds | Where-Object { -not $_.result.ok })
	Check "$name.one-refused" ($no.Count -eq 1)
	Check "$name.answer" ($no[0].result.errno -in 'WSAEADDRINUSE', 'WSAEACCES')
	Check "$name.rule" ($no[0].verdict.rule -eq 'exclusive' -and $no[0].verdict.agrees -ne $false)
	Check "$name.holder" ($no[0].holders[0].culprit -and $no[0].holders[0].winsock_options.exclusive)
}

# logman: what somebody without reusetrace would record (README.md)
logman start reusetrace-capture -ets -o $etl -p '{BDE46AEA-2357-51FE-7367-D5296F530BD1}' 0xffffffffffffffff 4 -nb 64 256 -bs 256
logman update reusetrace-capture -ets -p '{E53C6823-7BB8-44BB-90DC-3F86090D48A6}' 0x4 4
logman update reusetrace-capture -ets -p '{2F07E2EE-15DB-40F1-90EF-9D7BA282188A}' 0x40B 4

$trace = Start-Process $reusetrace -ArgumentList '-v', '-j', '-o', $live, '-d', '30' -PassThru -NoNewWindow `
	-RedirectStandardError (Join-Path $Out 'live.txt')
$said = { Get-Content (Join-Path $Out 'live.txt') -ErrorAction SilentlyContinue }
while (-not $trace.HasExited -and (& $said) -notcontains 'ready') { Wait-Event -Timeout 1 | Out-Null }
$port = [int] (& $bindtwice)
$trace.WaitForExit()
logman stop reusetrace-capture -ets
& $said

Check 'exit' ($trace.ExitCode -eq 0)
Expect 'trace' (Get-Content $live | ForEach-Object { $_ | ConvertFrom-Json }) $port
Expect 'capture' (& $reusetrace replay -j $etl | ForEach-Object { $_ | ConvertFrom-Json }) $port
exit $failed
