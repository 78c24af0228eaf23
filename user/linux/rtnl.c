/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/rtnl.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

static ssize_t exchange(const struct nlmsghdr *request, struct rtnl_reply *reply)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), one = 1;
	bool dumps = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (dumps && setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one)))
		n = -errno;
	else if (send(fd, request, request->nlmsg_len, 0) < 0)
		n = -errno;
	else if ((n = recv(fd, reply, sizeof(*reply), 0)) < 0)
		n = -errno;
	close(fd);
	return n;
}

int rtnl_ask(struct nlmsghdr *request, struct rtnl_reply *ret_reply)
{
	struct rtnl_reply reply;
	ssize_t n = exchange(request, &reply);
	int type, err = 0;

	if (n < 0)
		return (int)n;
	if (!NLMSG_OK(&reply.header, n))
		return -EBADMSG;
	type = reply.header.nlmsg_type;
	/* the end of a dump and an error both begin with an errno */
	if (type == NLMSG_DONE || type == NLMSG_ERROR) {
		if (reply.header.nlmsg_len >= NLMSG_LENGTH(sizeof(err)))
			memcpy(&err, NLMSG_DATA(&reply.header), sizeof(err));
		if (err < 0)
			return err;
	}
	*ret_reply = reply;
	return type;
}

uint32_t rtnl_number(const struct rtnl_reply *reply, size_t size, unsigned short type, uint32_t otherwise)
{
	int left = (int)reply->header.nlmsg_len - (int)NLMSG_SPACE(size);
	const char *data = NLMSG_DATA(&reply->header);
	const struct rtattr *attr = (const struct rtattr *)(data + NLMSG_ALIGN(size));
	uint32_t number;

	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left)) {
		if (attr->rta_type != type || RTA_PAYLOAD(attr) < sizeof(number))
			continue;
		memcpy(&number, RTA_DATA(attr), sizeof(number));
		return number;
	}
	return otherwise;
}
