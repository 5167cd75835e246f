/*
 * The durable store of some measurements, whole, in one thread of Node's pool (docs/design/storing.md).
 *
 * Each is stored as reference.ts beside it does, in the same order and with the same outcome; the same tests run
 * against both. Those of one call go from step to step together, so that they share the waiting for the disk;
 * one that falls out leaves the others as they are. It holds no state, neither between calls nor beside them, and
 * reads nothing but its arguments. Each folder of the spool is opened by one name in the folder before it, and no
 * link is followed: what openat2(2) would do for a whole path, but RestrictSUIDSGID= of systemd refuses that.
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

/* Digits of a key in the text of a link. As in seen.ts. */
#define KEY_DIGITS 16

/* The time of modification of a link whose submissions are on disk. As in seen.ts. */
#define DURABLE 0

#define NAME_BYTES (NAME_MAX + 1)
/* Of a name in a folder: two names, a slash between, the end. */
#define PAIR_BYTES (2 * NAME_BYTES)

/* Measurements of one call. */
#define MOST MAX_HELD

enum days { TODAY, BEFORE, AFTER, DAYS };

/* What became of a measurement. */
struct end {
	const char *outcome; /* NULL as long as it is under way */
	int error;
	const char *syscall;
};

/* A folder of an hour, in incoming/, open for all that belong into it. */
struct hour {
	char name[NAME_BYTES];
	int fd;
	struct stat opened;
	struct end end; /* of all that belong into it */
};

struct item {
	struct hour *hour;
	char file[NAME_BYTES];      /* <uid>.post */
	char temporary[NAME_BYTES]; /* a name that nobody else uses */
	char key[NAME_BYTES];
	char claim[PATH_MAX];       /* text of the claim's link; neighbours with the same one share it */
	struct bytes measurement;

	struct end end;
	int memory_error; /* what the memory of submissions failed with; costs no measurement */
	struct item *link; /* whose claim made the link of this one's; NULL: it has no claim */
	bool durable;      /* of one that made a link: it says that its submissions are on disk */
	bool stuck;        /* and: somebody's name of it could not be given back */

	/* What was made of it so far. */
	int fd;
	bool has_temporary, in_hour, in_pending;
	struct stat written;
};

struct job {
	struct call call;
	char spool[PATH_MAX];
	char day[DAYS][NAME_BYTES]; /* folders of seen/ that are looked through */
	struct hour hours[MOST];
	size_t hour_count;
	size_t count;
	struct item items[];
};

/* Open folders of one call. */
struct place {
	int root, seen, incoming, pending;
	struct stat incoming_is;
};

/* A step of one measurement. False where it falls out; then it has its outcome. */
typedef bool (*step)(struct job *job, struct place *at, struct item *item);

static bool end_as(struct end *end, const char *outcome)
{
	end->outcome = outcome;
	return false;
}

static bool fail(struct end *end, const char *syscall_name)
{
	end->error = errno;
	end->syscall = syscall_name;
	return end_as(end, "failed");
}

static void memory_fault(struct item *item)
{
	if (item->memory_error == 0)
		item->memory_error = errno;
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
static int make_memory(struct item *item, int seen, const char *folder)
{
	char path[PAIR_BYTES];
	entry(path, folder, item->key);
	if (symlinkat(item->claim, seen, path) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	if (mkdirat(seen, folder, 0777) < 0 && errno != EEXIST)
		return -1;
	return symlinkat(item->claim, seen, path);
}

/* Takes the next part of a text, up to the next slash or the end; empty when there is none. */
static size_t next_part(const char **rest, const char **part)
{
	*part = *rest;
	size_t length = strcspn(*rest, "/");
	*rest += length + ((*rest)[length] == '/');
	return length;
}

/* Whether the text of a link has an answer to a submission of this key. As seen.ts reads it. */
static bool answers(const char *text, const char *key)
{
	const char *part;
	/* Of releases before 0.2.0, each submission had its own: `<uid>/<report_id>/<owner>`. */
	if (text[0] != '/')
		return next_part(&text, &part) > 0 && next_part(&text, &part) > 0;
	/* `/<owner>`, and of each that shares it `/<key>/<uid>/<report_id>`. */
	text++;
	next_part(&text, &part);
	while (*text != '\0') {
		bool own = next_part(&text, &part) == KEY_DIGITS && strncmp(part, key, KEY_DIGITS) == 0;
		bool whole = next_part(&text, &part) > 0;
		whole = next_part(&text, &part) > 0 && whole;
		if (own)
			return whole;
	}
	return false;
}

/* What is under a key in the folder of a day. */
enum found { NOTHING, AN_ANSWER, A_CLAIM };

/* As look() of seen.ts. A link that says nothing of this key is NOTHING. */
static enum found look(struct item *item, int seen, const char *path)
{
	char text[PATH_MAX];
	struct stat link;
	ssize_t length = readlinkat(seen, path, text, sizeof text - 1);
	if (length < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			memory_fault(item);
		return NOTHING;
	}
	text[length] = '\0';
	if (text[0] == '/') {
		if (fstatat(seen, path, &link, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno != ENOENT)
				memory_fault(item);
			return NOTHING;
		}
		if (link.st_mtim.tv_sec != DURABLE || link.st_mtim.tv_nsec != 0)
			return A_CLAIM;
	}
	return answers(text, item->key) ? AN_ANSWER : NOTHING;
}

/* The errno where there is no memory of submissions; 0 otherwise. */
static int open_seen(struct place *at)
{
	const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	at->seen = openat(at->root, "seen", flags);
	if (at->seen < 0 && errno == ENOENT && mkdirat(at->root, "seen", 0777) == 0)
		at->seen = openat(at->root, "seen", flags);
	return at->seen < 0 ? errno : 0;
}

/* Whose claim is a link with the text of this one's; NULL: none before it is. */
static struct item *sharer(struct job *job, struct item *item)
{
	for (struct item *before = item; before-- > job->items && strcmp(before->claim, item->claim) == 0;)
		if (before->link != NULL && before->end.outcome == NULL)
			return before;
	return NULL;
}

/* One more name of a link takes half of the time of another link. */
static int make_claim(struct job *job, struct place *at, struct item *item)
{
	const char *today = job->day[TODAY];
	struct item *with = sharer(job, item);
	if (with != NULL) {
		char from[PAIR_BYTES], to[PAIR_BYTES];
		entry(from, today, with->key);
		entry(to, today, item->key);
		if (linkat(at->seen, from, at->seen, to, 0) == 0) {
			item->link = with->link;
			return 0;
		}
		if (errno == EEXIST)
			return -1;
	}
	/* Also where the file system gives no link another name. */
	if (make_memory(item, at->seen, today) < 0)
		return -1;
	item->link = item;
	return 0;
}

/* Falls out when another has the claim, or has stored the same before. */
static bool claim(struct job *job, struct place *at, struct item *item)
{
	if (at->seen < 0)
		return true;
	bool is_taken = make_claim(job, at, item) < 0 && errno == EEXIST;
	if (item->link == NULL && !is_taken)
		memory_fault(item);
	/* The other days too: of one who claimed it before midnight. */
	for (int day = is_taken ? TODAY : BEFORE; day < DAYS; day++) {
		char path[PAIR_BYTES];
		entry(path, job->day[day], item->key);
		enum found found = look(item, at->seen, path);
		if (found != NOTHING)
			return end_as(&item->end, found == AN_ANSWER ? "seen" : "claimed");
	}
	/* What is no link there stays, and the measurement is stored all the same. */
	return !is_taken || item->memory_error != 0 || end_as(&item->end, "claimed");
}

static void release(struct job *job, struct place *at, struct item *item)
{
	char path[PAIR_BYTES];
	if (item->link == NULL)
		return;
	entry(path, job->day[TODAY], item->key);
	if (unlinkat(at->seen, path, 0) == 0 || errno == ENOENT)
		return;
	memory_fault(item);
	item->link->stuck = true;
}

/* Says of a link that its submissions are on disk. False where the name is no longer that of the item's link. */
static bool mark(struct job *job, struct place *at, struct item *item)
{
	char path[PAIR_BYTES], text[PATH_MAX];
	const struct timespec times[] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = DURABLE } };
	entry(path, job->day[TODAY], item->key);
	ssize_t length = readlinkat(at->seen, path, text, sizeof text);
	if (length < 0 && errno == ENOENT)
		return false;
	if (length >= 0 && ((size_t)length != strlen(item->claim) || memcmp(text, item->claim, (size_t)length) != 0))
		return false;
	if (length >= 0 && utimensat(at->seen, path, times, AT_SYMLINK_NOFOLLOW) == 0) {
		item->link->durable = true;
		return true;
	}
	memory_fault(item);
	/* Nobody shall wait for it. */
	release(job, at, item);
	return true;
}

static void keep_claim(struct job *job, struct place *at, struct item *item)
{
	if (at->seen < 0)
		return;
	if (item->link != NULL) {
		/* One that fell out would be remembered with the others. */
		if (item->link->stuck)
			return release(job, at, item);
		if (item->link->durable || mark(job, at, item))
			return;
	}
	/* There is no claim, or somebody has taken it away. */
	if (make_memory(item, at->seen, job->day[TODAY]) == 0) {
		item->link = item;
		mark(job, at, item);
	} else if (errno != EEXIST) {
		memory_fault(item);
	}
}

static bool open_folders(struct place *at, struct end *end)
{
	at->incoming = open_folder(at->root, "incoming");
	if (at->incoming < 0)
		return fail(end, "open");
	if (fstat(at->incoming, &at->incoming_is) < 0)
		return fail(end, "fstat");
	at->pending = open_folder(at->root, "pending");
	return at->pending >= 0 || fail(end, "open");
}

static bool open_hour(struct place *at, struct hour *hour)
{
	for (int attempt = 0;; attempt++) {
		hour->fd = open_folder(at->incoming, hour->name);
		if (hour->fd >= 0)
			break;
		if (errno == ELOOP || errno == ENOTDIR)
			return end_as(&hour->end, "foreign");
		/* Not made yet, or emptied and taken away by the uploader between the two. */
		if (errno != ENOENT || attempt == 2)
			return fail(&hour->end, "open");
		if (mkdirat(at->incoming, hour->name, 0777) < 0 && errno != EEXIST)
			return fail(&hour->end, "mkdir");
	}
	if (fstat(hour->fd, &hour->opened) < 0)
		return fail(&hour->end, "fstat");
	return hour->opened.st_dev == at->incoming_is.st_dev || end_as(&hour->end, "foreign");
}

/* Falls out with its hour's folder. */
static bool stay_with_hour(struct job *job, struct place *at, struct item *item)
{
	(void)job;
	(void)at;
	if (item->hour->end.outcome == NULL)
		return true;
	item->end = item->hour->end;
	return false;
}

static bool write_temporary(struct job *job, struct place *at, struct item *item)
{
	(void)at;
	do
		item->fd = openat(item->hour->fd, item->temporary,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	while (item->fd < 0 && errno == EINTR);
	if (item->fd < 0)
		return fail(&item->end, "open");
	item->has_temporary = true;
	const struct bytes *measurement = &item->measurement;
	for (size_t done = 0; done < measurement->length;) {
		size_t rest = measurement->length - done;
		ssize_t written = write(item->fd, measurement->at + done, rest < WRITE_BYTES ? rest : WRITE_BYTES);
		if (written > 0) {
			done += (size_t)written;
		} else if (written == 0) {
			errno = EIO;
			return fail(&item->end, "write");
		} else if (errno != EINTR) {
			return fail(&item->end, "write");
		}
	}
	/* So that the disk has them all at once. It promises nothing, and says nothing that the sync would not. */
	if (job->count > 1)
		(void)sync_file_range(item->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return true;
}

static bool sync_temporary(struct job *job, struct place *at, struct item *item)
{
	(void)job;
	(void)at;
	if (sync_whole(fdatasync, item->fd) < 0)
		return fail(&item->end, "fdatasync");
	if (fstat(item->fd, &item->written) < 0)
		return fail(&item->end, "fstat");
	int fd = item->fd;
	item->fd = -1;
	if (close(fd) < 0 && errno != EINTR)
		return fail(&item->end, "close");
	return true;
}

static bool is_written(struct item *item, int folder, const char *name)
{
	struct stat found;
	return fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
		found.st_dev == item->written.st_dev && found.st_ino == item->written.st_ino;
}

static bool give_name(struct item *item, int folder)
{
	if (linkat(item->hour->fd, item->temporary, folder, item->file, 0) == 0)
		return true;
	return errno == EEXIST ? end_as(&item->end, "uid_taken") : fail(&item->end, "link");
}

static bool give_names(struct job *job, struct place *at, struct item *item)
{
	(void)job;
	if (!(item->in_hour = give_name(item, item->hour->fd)))
		return false;
	if (!(item->in_pending = give_name(item, at->pending)))
		return false;
	/* One that stays costs no more than its name: housekeeping removes it. */
	unlinkat(item->hour->fd, item->temporary, 0);
	item->has_temporary = false;
	return true;
}

static bool sync_hour(struct place *at, struct hour *hour)
{
	(void)at;
	return sync_whole(fsync, hour->fd) == 0 || fail(&hour->end, "fsync");
}

/* What was synced is what was written to: nothing was put into its place meanwhile. */
static bool hour_is_there(struct place *at, struct hour *hour)
{
	char path[PAIR_BYTES];
	struct stat found;
	entry(path, "incoming", hour->name);
	if (fstatat(at->root, path, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
		found.st_dev == hour->opened.st_dev && found.st_ino == hour->opened.st_ino)
		return true;
	return end_as(&hour->end, "replaced");
}

static bool sync_folders(struct place *at, struct end *end)
{
	/* incoming/ too: whoever made an hour's folder may not have come to this yet; nearly free when clean. */
	if (sync_whole(fsync, at->pending) < 0 || sync_whole(fsync, at->incoming) < 0)
		return fail(end, "fsync");
	return true;
}

/* The probe keeps its copy and will send it again: leaves nothing that would be a second one. */
static void take_back(struct job *job, struct place *at, struct item *item)
{
	shut(item->fd);
	item->fd = -1;
	/* pending/ first, so that the scorer does not take it up meanwhile; no other file of the name. */
	if (item->in_pending && is_written(item, at->pending, item->file))
		unlinkat(at->pending, item->file, 0);
	if (item->in_hour && is_written(item, item->hour->fd, item->file))
		unlinkat(item->hour->fd, item->file, 0);
	if (item->has_temporary)
		unlinkat(item->hour->fd, item->temporary, 0);
	release(job, at, item);
}

/* Takes the step with each that is under way. False when none is left. */
static bool each(struct job *job, struct place *at, step next)
{
	bool any = false;
	for (size_t index = 0; index < job->count; index++) {
		struct item *item = &job->items[index];
		if (item->end.outcome != NULL)
			continue;
		if (next(job, at, item))
			any = true;
		else
			take_back(job, at, item);
	}
	return any;
}

/* All that are under way end so. */
static void end_all(struct job *job, struct place *at, struct end end)
{
	for (size_t index = 0; index < job->count; index++) {
		struct item *item = &job->items[index];
		if (item->end.outcome != NULL)
			continue;
		item->end = end;
		take_back(job, at, item);
	}
}

static bool remember(struct job *job, struct place *at, struct item *item)
{
	keep_claim(job, at, item);
	end_as(&item->end, "stored");
	return true;
}

/* Takes the step with each hour's folder that is in order; whoever belongs into another one falls out. False as each(). */
static bool each_hour(struct job *job, struct place *at, bool (*next)(struct place *at, struct hour *hour))
{
	for (size_t index = 0; index < job->hour_count; index++)
		if (job->hours[index].end.outcome == NULL)
			next(at, &job->hours[index]);
	return each(job, at, stay_with_hour);
}

static void store(struct job *job, struct place *at)
{
	struct end shared = { .syscall = "" };
	if (!open_folders(at, &shared))
		return end_all(job, at, shared);
	if (!each_hour(job, at, open_hour) || !each(job, at, write_temporary) || !each(job, at, sync_temporary) ||
		!each(job, at, give_names) || !each_hour(job, at, sync_hour))
		return;
	if (!sync_folders(at, &shared))
		return end_all(job, at, shared);
	if (each_hour(job, at, hour_is_there))
		each(job, at, remember);
}

/* In a thread of the pool. */
static void run(struct call *call)
{
	struct job *job = (struct job *)call;
	struct place at = { .seen = -1, .incoming = -1, .pending = -1 };
	struct end shared = { .syscall = "" };
	at.root = open(job->spool, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at.root < 0) {
		fail(&shared, "open");
		return end_all(job, &at, shared);
	}
	int memory_error = open_seen(&at);
	for (size_t index = 0; index < job->count; index++)
		job->items[index].memory_error = memory_error;
	if (each(job, &at, claim))
		store(job, &at);
	shut(at.pending);
	for (size_t index = 0; index < job->hour_count; index++)
		shut(job->hours[index].fd);
	shut(at.incoming);
	shut(at.seen);
	shut(at.root);
}

/* {outcome, errno, syscall, memoryErrno}; NULL when the environment is ending. */
static napi_value answer_of(napi_env env, const struct item *item)
{
	napi_value object, outcome, error, name, memory;
	if (napi_create_object(env, &object) == napi_ok &&
		napi_create_string_utf8(env, item->end.outcome, NAPI_AUTO_LENGTH, &outcome) == napi_ok &&
		napi_create_int32(env, item->end.error, &error) == napi_ok &&
		napi_create_string_utf8(env, item->end.syscall, NAPI_AUTO_LENGTH, &name) == napi_ok &&
		napi_create_int32(env, item->memory_error, &memory) == napi_ok &&
		napi_set_named_property(env, object, "outcome", outcome) == napi_ok &&
		napi_set_named_property(env, object, "errno", error) == napi_ok &&
		napi_set_named_property(env, object, "syscall", name) == napi_ok &&
		napi_set_named_property(env, object, "memoryErrno", memory) == napi_ok)
		return object;
	return NULL;
}

/* An answer for each, in their order; NULL when the environment is ending. */
static napi_value answer(napi_env env, struct call *call, bool ran)
{
	struct job *job = (struct job *)call;
	napi_value list;
	if (napi_create_array_with_length(env, job->count, &list) != napi_ok)
		return NULL;
	for (size_t index = 0; index < job->count; index++) {
		struct item *item = &job->items[index];
		if (!ran) {
			errno = ECANCELED;
			fail(&item->end, "");
		}
		napi_value object = answer_of(env, item);
		if (object == NULL || napi_set_element(env, list, (uint32_t)index, object) != napi_ok)
			return NULL;
	}
	return list;
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

enum argument { SPOOL, DAY, SHARED = DAY + DAYS };
enum own_argument { HOUR, FILE_NAME, TEMPORARY, KEY, CLAIM, BYTES, OWN };

static bool read_shared(napi_env env, const napi_value *given, struct job *job)
{
	if (!read_text(env, given[SPOOL], job->spool, sizeof job->spool, "the spool"))
		return false;
	for (int day = 0; day < DAYS; day++)
		if (!read_name(env, given[DAY + day], job->day[day], "the day"))
			return false;
	return true;
}

/* The folder of this name, for all that belong into it. There is room for one of each. */
static bool read_hour(napi_env env, napi_value given, struct job *job, struct hour **hour)
{
	struct hour *new = &job->hours[job->hour_count];
	if (!read_name(env, given, new->name, "the hour"))
		return false;
	new->fd = -1;
	new->end.syscall = "";
	for (*hour = job->hours; strcmp((*hour)->name, new->name) != 0; (*hour)++)
		;
	if (*hour == new)
		job->hour_count++;
	return true;
}

static bool read_item(napi_env env, const napi_value *given, struct job *job, struct item *item)
{
	item->fd = -1;
	item->end.syscall = "";
	return read_hour(env, given[HOUR], job, &item->hour) &&
		read_name(env, given[FILE_NAME], item->file, "the file") &&
		read_name(env, given[TEMPORARY], item->temporary, "the temporary file") &&
		read_name(env, given[KEY], item->key, "the key") &&
		read_text(env, given[CLAIM], item->claim, sizeof item->claim, "the claim") &&
		read_bytes(env, given[BYTES], &item->measurement, "the measurement");
}

/*
 * deposit(spool, today, before, after, and of each: hour, file, temporary, key, claim, bytes): a promise of answer().
 * It is thrown before anything is done.
 */
static napi_value deposit(napi_env env, napi_callback_info info)
{
	napi_value given[SHARED + MOST * OWN], held[MOST];
	size_t arguments = SHARED + MOST * OWN;
	if (napi_get_cb_info(env, info, &arguments, given, NULL, NULL) != napi_ok)
		return NULL;
	if (arguments < SHARED + OWN || arguments > SHARED + MOST * OWN || (arguments - SHARED) % OWN != 0) {
		napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", "these are no arguments of some measurements");
		return NULL;
	}
	size_t count = (arguments - SHARED) / OWN;
	struct job *job = new_call(env, sizeof *job + count * sizeof *job->items, run, answer);
	if (job == NULL)
		return NULL;
	job->count = count;
	if (!read_shared(env, given, job))
		return no_call(&job->call);
	for (size_t index = 0; index < count; index++) {
		const napi_value *own = &given[SHARED + index * OWN];
		if (!read_item(env, own, job, &job->items[index]))
			return no_call(&job->call);
		held[index] = own[BYTES];
	}
	return start_call(env, &job->call, "ooni:deposit", held, count);
}

bool add_deposit(napi_env env, napi_value exports)
{
	return add_door(env, exports, "deposit", deposit);
}
