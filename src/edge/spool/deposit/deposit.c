/*
 * The durable store of one measurement, whole, in one thread of Node's pool (docs/design/storing.md).
 *
 * It does what reference.ts beside it does, in the same order and with the same outcomes; the same tests run
 * against both. It holds no state, neither between calls nor beside them, and reads nothing but its arguments.
 * Each folder of the spool is opened by one name in the folder before it, and no link is followed: what
 * openat2(2) would do for a whole path, but RestrictSUIDSGID= of systemd refuses that.
 */
#define _GNU_SOURCE
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#include "../../../native/native.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One write(2) is never asked for more: the kernel's own bound is a little below 2 GiB. */
#define WRITE_BYTES ((size_t)1 << 30)

#define NAME_BYTES (NAME_MAX + 1)
/* Of a name in a folder: two names, a slash between, the end. */
#define PAIR_BYTES (2 * NAME_BYTES)

enum days { TODAY, BEFORE, AFTER, DAYS };

struct job {
	struct call call;
	char spool[PATH_MAX];
	char hour[NAME_BYTES];      /* folder of the hour, in incoming/ */
	char file[NAME_BYTES];      /* <uid>.post */
	char temporary[NAME_BYTES]; /* a name that nobody else uses */
	char key[NAME_BYTES];
	char claim[PATH_MAX];       /* text of the claim's link */
	char day[DAYS][NAME_BYTES]; /* folders of seen/ that are looked through */
	struct bytes measurement;

	const char *outcome;
	int error;
	const char *syscall;
	int memory_error; /* what the memory of submissions failed with; costs no measurement */
};

/* Open folders of one call, and what it has made so far. */
struct place {
	int root, seen, incoming, hour, pending, file;
	bool claimed, temporary, in_hour, in_pending;
	struct stat opened, written; /* the folder of the hour, the measurement */
};

static bool fail(struct job *job, const char *syscall_name)
{
	job->error = errno;
	job->syscall = syscall_name;
	job->outcome = "failed";
	return false;
}

static bool end(struct job *job, const char *outcome)
{
	job->outcome = outcome;
	return false;
}

static void memory_fault(struct job *job)
{
	if (job->memory_error == 0)
		job->memory_error = errno;
}

/* A folder in a folder. What has the name is a folder itself, and no link to one. */
static int open_folder(int in, const char *name)
{
	int fd;
	do
		fd = openat(in, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd;
}

static void shut(int fd)
{
	if (fd >= 0)
		close(fd);
}

static int sync_whole(int (*sync)(int), int fd)
{
	int result;
	do
		result = sync(fd);
	while (result < 0 && errno == EINTR);
	return result;
}

/* <folder>/<key> below seen/. Both are bounded: PAIR_BYTES has room for them. */
static void entry(char path[PAIR_BYTES], const char *folder, const char *key)
{
	snprintf(path, PAIR_BYTES, "%s/%s", folder, key);
}

/* Makes a link of a submission below seen/, and its folder where it is missing. */
static int make_memory(struct job *job, int seen, const char *folder)
{
	char path[PAIR_BYTES];
	entry(path, folder, job->key);
	if (symlinkat(job->claim, seen, path) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	if (mkdirat(seen, folder, 0777) < 0 && errno != EEXIST)
		return -1;
	return symlinkat(job->claim, seen, path);
}

/* Whether a link of seen/ holds an answer, `<uid>/<report_id>…`; one that holds none is as good as not there. */
static bool holds_answer(struct job *job, int seen, const char *path)
{
	char text[PATH_MAX];
	ssize_t length = readlinkat(seen, path, text, sizeof text - 1);
	if (length < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			memory_fault(job);
		return false;
	}
	text[length] = '\0';
	const char *report = strchr(text, '/');
	return report != NULL && report != text && report[1] != '\0' && report[1] != '/';
}

/* False when another has the claim, or has stored the same before. */
static bool claim(struct job *job, struct place *at)
{
	const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	at->seen = openat(at->root, "seen", flags);
	if (at->seen < 0 && errno == ENOENT && mkdirat(at->root, "seen", 0777) == 0)
		at->seen = openat(at->root, "seen", flags);
	if (at->seen < 0) {
		memory_fault(job);
		return true;
	}
	if (make_memory(job, at->seen, "claims") == 0)
		at->claimed = true;
	else if (errno == EEXIST)
		return end(job, "claimed");
	else
		memory_fault(job);
	for (int day = 0; day < DAYS; day++) {
		char path[PAIR_BYTES];
		entry(path, job->day[day], job->key);
		if (holds_answer(job, at->seen, path))
			return end(job, "seen");
	}
	return true;
}

static void release(struct job *job, struct place *at)
{
	char path[PAIR_BYTES];
	if (!at->claimed)
		return;
	entry(path, "claims", job->key);
	if (unlinkat(at->seen, path, 0) < 0 && errno != ENOENT)
		memory_fault(job);
}

static void remember(struct job *job, struct place *at)
{
	char from[PAIR_BYTES], to[PAIR_BYTES];
	if (at->seen < 0)
		return;
	entry(from, "claims", job->key);
	entry(to, job->day[TODAY], job->key);
	if (at->claimed) {
		if (renameat(at->seen, from, at->seen, to) == 0)
			return;
		if (errno != ENOENT)
			return memory_fault(job);
		/* The first of its day. */
		if (mkdirat(at->seen, job->day[TODAY], 0777) < 0 && errno != EEXIST)
			return memory_fault(job);
		if (renameat(at->seen, from, at->seen, to) == 0)
			return;
		if (errno != ENOENT)
			return memory_fault(job);
	}
	/* There is no claim, or somebody has taken it away. */
	if (make_memory(job, at->seen, job->day[TODAY]) < 0 && errno != EEXIST)
		memory_fault(job);
}

static bool open_hour(struct job *job, struct place *at)
{
	struct stat incoming;
	for (int attempt = 0;; attempt++) {
		at->hour = open_folder(at->incoming, job->hour);
		if (at->hour >= 0)
			break;
		if (errno == ELOOP || errno == ENOTDIR)
			return end(job, "foreign");
		/* Not made yet, or emptied and taken away by the uploader between the two. */
		if (errno != ENOENT || attempt == 2)
			return fail(job, "open");
		if (mkdirat(at->incoming, job->hour, 0777) < 0 && errno != EEXIST)
			return fail(job, "mkdir");
	}
	if (fstat(at->incoming, &incoming) < 0 || fstat(at->hour, &at->opened) < 0)
		return fail(job, "fstat");
	return at->opened.st_dev == incoming.st_dev || end(job, "foreign");
}

static bool open_folders(struct job *job, struct place *at)
{
	at->incoming = open_folder(at->root, "incoming");
	if (at->incoming < 0)
		return fail(job, "open");
	if (!open_hour(job, at))
		return false;
	at->pending = open_folder(at->root, "pending");
	return at->pending >= 0 || fail(job, "open");
}

static bool write_temporary(struct job *job, struct place *at)
{
	do
		at->file = openat(at->hour, job->temporary,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	while (at->file < 0 && errno == EINTR);
	if (at->file < 0)
		return fail(job, "open");
	at->temporary = true;
	const struct bytes *measurement = &job->measurement;
	for (size_t done = 0; done < measurement->length;) {
		size_t rest = measurement->length - done;
		ssize_t written = write(at->file, measurement->at + done, rest < WRITE_BYTES ? rest : WRITE_BYTES);
		if (written > 0) {
			done += (size_t)written;
		} else if (written == 0) {
			errno = EIO;
			return fail(job, "write");
		} else if (errno != EINTR) {
			return fail(job, "write");
		}
	}
	if (sync_whole(fdatasync, at->file) < 0)
		return fail(job, "fdatasync");
	if (fstat(at->file, &at->written) < 0)
		return fail(job, "fstat");
	int fd = at->file;
	at->file = -1;
	if (close(fd) < 0 && errno != EINTR)
		return fail(job, "close");
	return true;
}

static bool is_written(struct place *at, int folder, const char *name)
{
	struct stat found;
	return fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
		found.st_dev == at->written.st_dev && found.st_ino == at->written.st_ino;
}

static bool give_name(struct job *job, struct place *at, int folder)
{
	if (linkat(at->hour, job->temporary, folder, job->file, 0) == 0)
		return true;
	return errno == EEXIST ? end(job, "uid_taken") : fail(job, "link");
}

/* What was synced is what was written to: nothing was put into its place meanwhile. */
static bool hour_is_there(struct job *job, struct place *at)
{
	char path[PAIR_BYTES];
	struct stat found;
	entry(path, "incoming", job->hour);
	if (fstatat(at->root, path, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
		found.st_dev == at->opened.st_dev && found.st_ino == at->opened.st_ino)
		return true;
	return end(job, "replaced");
}

static bool store(struct job *job, struct place *at)
{
	if (!open_folders(job, at) || !write_temporary(job, at))
		return false;
	if (!(at->in_hour = give_name(job, at, at->hour)))
		return false;
	if (!(at->in_pending = give_name(job, at, at->pending)))
		return false;
	/* One that stays costs no more than its name: housekeeping removes it. */
	unlinkat(at->hour, job->temporary, 0);
	at->temporary = false;
	/* incoming/ too: whoever made the hour's folder may not have come to this yet; nearly free when clean. */
	if (sync_whole(fsync, at->hour) < 0 || sync_whole(fsync, at->pending) < 0 ||
		sync_whole(fsync, at->incoming) < 0)
		return fail(job, "fsync");
	return hour_is_there(job, at);
}

/* The probe keeps its copy and will send it again: leaves nothing that would be a second one. */
static void take_back(struct job *job, struct place *at)
{
	/* pending/ first, so that the scorer does not take it up meanwhile; no other file of the name. */
	if (at->in_pending && is_written(at, at->pending, job->file))
		unlinkat(at->pending, job->file, 0);
	if (at->in_hour && is_written(at, at->hour, job->file))
		unlinkat(at->hour, job->file, 0);
	if (at->temporary)
		unlinkat(at->hour, job->temporary, 0);
}

/* In a thread of the pool. */
static void run(struct call *call)
{
	struct job *job = (struct job *)call;
	struct place at = { .seen = -1, .incoming = -1, .hour = -1, .pending = -1, .file = -1 };
	at.root = open(job->spool, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at.root < 0) {
		fail(job, "open");
		return;
	}
	if (claim(job, &at) && store(job, &at)) {
		job->outcome = "stored";
		remember(job, &at);
	} else {
		take_back(job, &at);
		release(job, &at);
	}
	shut(at.file);
	shut(at.pending);
	shut(at.hour);
	shut(at.incoming);
	shut(at.seen);
	shut(at.root);
}

/* {outcome, errno, syscall, memoryErrno}; NULL when the environment is ending. */
static napi_value answer(napi_env env, struct call *call, bool ran)
{
	struct job *job = (struct job *)call;
	napi_value object, outcome, error, name, memory;
	if (!ran) {
		job->outcome = "failed";
		job->error = ECANCELED;
	}
	if (napi_create_object(env, &object) == napi_ok &&
		napi_create_string_utf8(env, job->outcome, NAPI_AUTO_LENGTH, &outcome) == napi_ok &&
		napi_create_int32(env, job->error, &error) == napi_ok &&
		napi_create_string_utf8(env, job->syscall, NAPI_AUTO_LENGTH, &name) == napi_ok &&
		napi_create_int32(env, job->memory_error, &memory) == napi_ok &&
		napi_set_named_property(env, object, "outcome", outcome) == napi_ok &&
		napi_set_named_property(env, object, "errno", error) == napi_ok &&
		napi_set_named_property(env, object, "syscall", name) == napi_ok &&
		napi_set_named_property(env, object, "memoryErrno", memory) == napi_ok)
		return object;
	return NULL;
}

/* The name of an entry: neither a path nor a way out of the folder. */
static bool read_name(napi_env env, napi_value value, char name[NAME_BYTES], const char *what)
{
	if (!read_text(env, value, name, NAME_BYTES, what))
		return false;
	if (strchr(name, '/') == NULL && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
		return true;
	char why[64];
	snprintf(why, sizeof why, "%s is not the name of an entry", what);
	napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", why);
	return false;
}

enum argument { SPOOL, HOUR, FILE_NAME, TEMPORARY, KEY, CLAIM, DAY, BYTES = DAY + DAYS, ARGUMENTS };

static bool read_arguments(napi_env env, const napi_value *given, struct job *job)
{
	if (!read_text(env, given[SPOOL], job->spool, sizeof job->spool, "the spool") ||
		!read_name(env, given[HOUR], job->hour, "the hour") ||
		!read_name(env, given[FILE_NAME], job->file, "the file") ||
		!read_name(env, given[TEMPORARY], job->temporary, "the temporary file") ||
		!read_name(env, given[KEY], job->key, "the key") ||
		!read_text(env, given[CLAIM], job->claim, sizeof job->claim, "the claim"))
		return false;
	for (int day = 0; day < DAYS; day++)
		if (!read_name(env, given[DAY + day], job->day[day], "the day"))
			return false;
	return read_bytes(env, given[BYTES], &job->measurement, "the measurement");
}

/* deposit(spool, hour, file, temporary, key, claim, today, before, after, bytes): a promise of answer(). */
static napi_value deposit(napi_env env, napi_callback_info info)
{
	napi_value given[ARGUMENTS];
	struct job *job = new_call_of(env, info, given, ARGUMENTS, sizeof *job, run, answer);
	if (job == NULL)
		return NULL;
	job->syscall = "";
	if (!read_arguments(env, given, job))
		return no_call(&job->call);
	return start_call(env, &job->call, "ooni:deposit", &given[BYTES], 1);
}

bool add_deposit(napi_env env, napi_value exports)
{
	return add_door(env, exports, "deposit", deposit);
}
