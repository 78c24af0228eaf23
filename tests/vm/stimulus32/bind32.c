/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bind32 PORT [socketcall]
 * A 32-bit program without a C library: a listener on PORT with SO_REUSEADDR,
 * and a second socket that is refused.  Ends with the errno of that.
 */
#define SYS_EXIT       1
#define SYS_SOCKETCALL 102
#define AF_INET	       2
#define SOCK_STREAM    1
#define SOL_SOCKET     1
#define SO_REUSEADDR   2

/* Each call's own number, and its number in socketcall(). */
enum call { SOCKET, BIND, LISTEN, SETSOCKOPT };

static const long own[] = {[SOCKET] = 359, [BIND] = 361, [LISTEN] = 363, [SETSOCKOPT] = 366};
static const long multiplexed[] = {[SOCKET] = 1, [BIND] = 2, [LISTEN] = 4, [SETSOCKOPT] = 14};

static int by_socketcall;

static long enter(long number, const long *arguments)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(arguments[0]), "c"(arguments[1]), "d"(arguments[2]),
			   "S"(arguments[3]), "D"(arguments[4])
			 : "memory");
	return result;
}

static long perform(enum call call, const long *arguments)
{
	const long both[5] = {multiplexed[call], (long)arguments};

	return by_socketcall ? enter(SYS_SOCKETCALL, both) : enter(own[call], arguments);
}

static long make_socket(void)
{
	const long arguments[5] = {AF_INET, SOCK_STREAM};

	return perform(SOCKET, arguments);
}

static long bind_to(long fd, unsigned int port)
{
	const unsigned char address[16] = {
		AF_INET, 0, (unsigned char)(port >> 8), (unsigned char)port, 127, 0, 0, 1};
	const long arguments[5] = {fd, (long)address, sizeof(address)};

	return perform(BIND, arguments);
}

static long serve(unsigned int port)
{
	const int on = 1;
	const long fd = make_socket();
	const long option[5] = {fd, SOL_SOCKET, SO_REUSEADDR, (long)&on, sizeof(on)}, backlog[5] = {fd, 1};

	if (perform(SETSOCKOPT, option) || bind_to(fd, port) || perform(LISTEN, backlog))
		return 255;
	return -bind_to(make_socket(), port);
}

/* The stack as execve() left it: argc, argv[0], argv[1], ... */
void __attribute__((noreturn, used)) run(const char *const *stack)
{
	long status[5] = {0};
	unsigned int port = 0;

	for (const char *digit = stack[2]; *digit; digit++)
		port = 10 * port + (unsigned int)(*digit - '0');
	by_socketcall = (long)stack[0] > 2;
	status[0] = serve(port);
	for (;;)
		enter(SYS_EXIT, status);
}

__asm__(".globl _start\n_start:\n\tmovl %esp, %eax\n\tandl $-16, %esp\n\tsubl $12, %esp\n\tpushl "
	"%eax\n\tcall run\n");
