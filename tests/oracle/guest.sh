#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: guest.sh [ARG...] PROGRAM
# In the guest: what the cases need of devices, then the oracle with ARGs.
set -e

for module in dummy vrf; do
	modprobe "$module"
done
for number in 0 1; do
	ip link show "dummy$number" >/dev/null 2>&1 || ip link add "dummy$number" type dummy
	ip link set "dummy$number" up
	ip link add "vrf$number" type vrf table "10$number"
	ip link set "vrf$number" up
	for host in 127.0.0.1 127.0.0.2 127.0.0.3; do
		ip addr add "$host/8" dev "vrf$number"
	done
	ip addr add ::1/128 dev "vrf$number" nodad
	ip addr add fd00::1/128 dev "vrf$number" nodad
done
# connections inside a VRF: its table before the local one, loopback addresses on it
for family in -4 -6; do
	ip "$family" rule add pref 32765 table local
	ip "$family" rule del pref 0
done
for device in all vrf0 vrf1; do
	echo 1 >"/proc/sys/net/ipv4/conf/$device/route_localnet"
	echo 0 >"/proc/sys/net/ipv4/conf/$device/rp_filter"
done
ip addr add fd00::1/128 dev lo nodad
ip netns add other
ip -n other link set lo up
ip -n other addr add fd00::1/128 dev lo nodad
exec ./oracle "$@"
