/* SPDX-License-Identifier: GPL-2.0-or-later */
/* That a function takes a format as C99's printf() does, for the compiler's checks. */
#ifndef REUSETRACE_MODEL_PRINTF_LIKE_H
#define REUSETRACE_MODEL_PRINTF_LIKE_H

/* For Windows, plain `printf` means the C library there, which lacks %zu; mingw-w64 brings its own. */
#ifdef __MINGW32__
#define PRINTF_LIKE(format_place, first) __attribute__((format(gnu_printf, format_place, first)))
#else
#define PRINTF_LIKE(format_place, first) __attribute__((format(printf, format_place, first)))
#endif

#endif
