/*
 * Included before each file of the native module: a disk that fails. FAIL="N ERRNO": the N-th call of a deposit fails with ERRNO;
 * DOWN="N": the N-th and all that follow fail, so that what is there is what a machine that stops would leave.
 * TRACE=FILE: the name of each call is added to FILE. A write(2) takes a thousand bytes, no more.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each file calls some of them, or none. */
#pragma GCC diagnostic ignored "-Wunused-function"

/* One deposit at a time is made with it. */
static int calls;

static bool fails(const char *name)
{
	const char *trace = getenv("TRACE"), *fault = getenv("FAIL"), *down = getenv("DOWN");
	int at, code;
	calls++;
	if (trace != NULL) {
		FILE *file = fopen(trace, "a");
		fprintf(file, "%s\n", name);
		fclose(file);
	}
	if (down != NULL && calls >= atoi(down)) {
		errno = EIO;
		return true;
	}
	if (fault == NULL || sscanf(fault, "%d %d", &at, &code) != 2 || at != calls)
		return false;
	errno = code;
	return true;
}

#define FAULTY(name, parameters, arguments) \
	static int faulty_##name parameters { return fails(#name) ? -1 : name arguments; }

FAULTY(fdatasync, (int fd), (fd))
FAULTY(fsync, (int fd), (fd))
FAULTY(fstat, (int fd, struct stat *found), (fd, found))
FAULTY(fstatat, (int fd, const char *name, struct stat *found, int flags), (fd, name, found, flags))
FAULTY(symlinkat, (const char *text, int fd, const char *name), (text, fd, name))
FAULTY(mkdirat, (int fd, const char *name, mode_t mode), (fd, name, mode))
FAULTY(unlinkat, (int fd, const char *name, int flags), (fd, name, flags))
FAULTY(utimensat, (int fd, const char *name, const struct timespec *times, int flags), (fd, name, times, flags))
FAULTY(sync_file_range, (int fd, off_t from, off_t length, unsigned int flags), (fd, from, length, flags))

/* One more name of a claim's link, or of a measurement. */
static int faulty_linkat(int fd, const char *name, int to, const char *new_name, int flags)
{
	return fails(strchr(name, '/') != NULL ? "share" : "linkat") ? -1 : linkat(fd, name, to, new_name, flags);
}

static int faulty_close(int fd)
{
	int result = close(fd);
	return fails("close") ? -1 : result;
}

static ssize_t faulty_write(int fd, const void *bytes, size_t length)
{
	return fails("write") ? -1 : write(fd, bytes, length < 1000 ? length : 1000);
}

static ssize_t faulty_readlinkat(int fd, const char *name, char *text, size_t size)
{
	return fails("readlinkat") ? -1 : readlinkat(fd, name, text, size);
}

/* The first call of every deposit. */
static int faulty_open(const char *path, int flags)
{
	calls = 0;
	return fails("open") ? -1 : open(path, flags);
}

static int faulty_openat(int fd, const char *name, int flags, ...)
{
	va_list more;
	va_start(more, flags);
	mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
	va_end(more);
	const char *call = flags & O_CREAT ? "create" : flags & O_NOFOLLOW ? "folder" : "seen";
	return fails(call) ? -1 : openat(fd, name, flags, mode);
}

#define fdatasync faulty_fdatasync
#define fsync faulty_fsync
#define sync_file_range faulty_sync_file_range
#define fstat faulty_fstat
#define fstatat faulty_fstatat
#define symlinkat faulty_symlinkat
#define mkdirat faulty_mkdirat
#define unlinkat faulty_unlinkat
#define utimensat faulty_utimensat
#define linkat faulty_linkat
#define close faulty_close
#define write faulty_write
#define readlinkat faulty_readlinkat
#define open faulty_open
#define openat faulty_openat
