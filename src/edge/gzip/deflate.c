/*
 * Deflates text in pieces that can be put one behind the other (docs/design/compressor.md).
 *
 * libdeflate makes a whole stream of each piece. Its last block says that it is the last; that mark is taken away,
 * and an empty stored block behind it fills up the byte, as zlib's Z_SYNC_FLUSH does it. Where the last block
 * begins, only reading all codes before it tells: last_block() reads them, and makes no text of them. The last
 * block's own codes need not be read: where it ends, the stream's last bits tell.
 */
#include "../../native/native.h"
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

/* Bits of a code at most, and those that a table is asked by; longer codes are rare. */
#define CODE_BITS 15
#define LITERAL_BITS 10
#define DISTANCE_BITS 9
#define LENGTH_BITS 7

#define LITERALS 288
#define DISTANCES 32
#define LENGTHS 19
#define END_OF_BLOCK 256

/* An empty stored block behind its three bits of header: it fills up the byte, and says 0 bytes. */
static const uint8_t EMPTY_BLOCK[] = { 0x00, 0x00, 0xff, 0xff };
/* What a piece has more than libdeflate's stream of it. */
#define JOINT_BYTES (1 + sizeof EMPTY_BLOCK)

/* What stands next in a stream. */
enum kind { INVALID, LITERAL, MATCH, END, LONG };

/* A code, its kind above and below that the bits to go on by, those of the number behind it with it. */
typedef uint16_t step;
#define STEP(kind, bits) ((step)((kind) << 8 | (bits)))
#define KIND(step) ((step) >> 8)
#define BITS(step) ((step) & 0xff)

struct reader {
	const uint8_t *at, *end;
	uint64_t bits;
	unsigned count;
	size_t beyond; /* bytes that were asked for behind the end */
};

/* Codes of one alphabet, for those that no table has. */
struct codes {
	uint16_t count[CODE_BITS + 1];
	uint16_t symbols[LITERALS];
};

struct tables {
	step literal[1 << LITERAL_BITS], distance[1 << DISTANCE_BITS];
	struct codes literals, distances;
};

/* At least 56 bits from here on, of zeros behind the end. */
static inline void refill(struct reader *from)
{
	if (from->end - from->at >= 8) {
		uint64_t next;
		memcpy(&next, from->at, sizeof next);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		next = __builtin_bswap64(next);
#endif
		from->bits |= next << from->count;
		from->at += (63 - from->count) >> 3;
		from->count |= 56;
		return;
	}
	while (from->count <= 56) {
		if (from->at < from->end)
			from->bits |= (uint64_t)*from->at++ << from->count;
		else
			from->beyond++;
		from->count += 8;
	}
}

static inline unsigned take(struct reader *from, unsigned count)
{
	unsigned value = (unsigned)(from->bits & ((UINT64_C(1) << count) - 1));
	from->bits >>= count;
	from->count -= count;
	return value;
}

/* Bits that were read since the start. */
static size_t position(const struct reader *from, const uint8_t *start)
{
	return ((size_t)(from->at - start) + from->beyond) * 8 - from->count;
}

static step literal_step(unsigned symbol, unsigned bits)
{
	if (symbol < END_OF_BLOCK)
		return STEP(LITERAL, bits);
	if (symbol == END_OF_BLOCK)
		return STEP(END, bits);
	symbol -= END_OF_BLOCK + 1;
	if (symbol > 28)
		return STEP(INVALID, 0);
	return STEP(MATCH, bits + (symbol < 8 || symbol == 28 ? 0 : symbol / 4 - 1));
}

static step distance_step(unsigned symbol, unsigned bits)
{
	return symbol > 29 ? STEP(INVALID, 0) : STEP(MATCH, bits + (symbol < 4 ? 0 : symbol / 2 - 1));
}

typedef step (*step_of)(unsigned symbol, unsigned bits);

/* The bits of a code in the order in which they stand in a stream. */
static inline unsigned reversed(unsigned code, unsigned bits)
{
	code = (code & 0x5555) << 1 | (code >> 1 & 0x5555);
	code = (code & 0x3333) << 2 | (code >> 2 & 0x3333);
	code = (code & 0x0f0f) << 4 | (code >> 4 & 0x0f0f);
	code = (code & 0x00ff) << 8 | code >> 8;
	return code >> (16 - bits);
}

/*
 * Tables of the codes that have these lengths (RFC 1951, 3.2.2). False where there are more codes than fit. The table
 * begins with that of no bits; with each bit more it is there twice, and the codes that end with that bit are put in.
 */
static inline bool make_table(const uint8_t *lengths, unsigned count, step *table, unsigned table_bits,
	struct codes *codes, step_of of)
{
	uint16_t offset[CODE_BITS + 2] = { 0 };
	memset(codes->count, 0, sizeof codes->count);
	for (unsigned symbol = 0; symbol < count; symbol++)
		codes->count[lengths[symbol]]++;
	codes->count[0] = 0;
	for (unsigned bits = 1; bits <= CODE_BITS; bits++)
		offset[bits + 1] = offset[bits] + codes->count[bits];
	for (unsigned symbol = 0; symbol < count; symbol++)
		if (lengths[symbol] != 0)
			codes->symbols[offset[lengths[symbol]]++] = (uint16_t)symbol;
	const uint16_t *symbols = codes->symbols;
	unsigned code = 0;
	table[0] = STEP(INVALID, 0);
	for (unsigned bits = 1; bits <= CODE_BITS; bits++) {
		code <<= 1;
		unsigned end = code + codes->count[bits];
		if (end > 1u << bits)
			return false;
		if (bits <= table_bits) {
			unsigned half = 1u << (bits - 1);
			memcpy(table + half, table, half * sizeof *table);
			for (; code < end; code++)
				table[reversed(code, bits)] = of(*symbols++, bits);
		} else {
			for (; code < end; code++)
				table[reversed(code >> (bits - table_bits), table_bits)] = STEP(LONG, 0);
		}
	}
	return true;
}

/* As many literals at once as a table's bits hold. */
static void join_literals(step table[1 << LITERAL_BITS])
{
	step single[1 << LITERAL_BITS];
	memcpy(single, table, sizeof single);
	/* Without a branch: which they are is as good as random. */
	for (unsigned low = 0; low < 1u << LITERAL_BITS; low++) {
		step first = single[low];
		unsigned bits = BITS(first), rest = low >> bits;
		/* Those behind it are joined already, perhaps by bits that this one does not leave. */
		step next = bits + BITS(table[rest]) <= LITERAL_BITS ? table[rest] : single[rest];
		bool joins = (KIND(first) == LITERAL) & (KIND(next) == LITERAL) & (bits + BITS(next) <= LITERAL_BITS);
		table[low] = (step)(first + (joins ? BITS(next) : 0));
	}
}

static step long_step(uint64_t bits, const struct codes *codes, step_of of)
{
	unsigned code = 0, first = 0, index = 0;
	for (unsigned length = 1; length <= CODE_BITS; length++, bits >>= 1) {
		unsigned count = codes->count[length];
		code |= bits & 1;
		if (code < first + count)
			return of(codes->symbols[index + code - first], length);
		index += count;
		first = (first + count) << 1;
		code <<= 1;
	}
	return STEP(INVALID, 0);
}

static bool read_lengths(struct reader *from, uint8_t *lengths, unsigned count)
{
	static const uint8_t ORDER[LENGTHS] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 };
	uint8_t own[LENGTHS] = { 0 };
	step table[1 << LENGTH_BITS];
	struct codes codes;
	unsigned given = 4 + take(from, 4);
	for (unsigned at = 0; at < given; at++) {
		refill(from);
		own[ORDER[at]] = (uint8_t)take(from, 3);
	}
	if (!make_table(own, LENGTHS, table, LENGTH_BITS, &codes, literal_step))
		return false;
	for (unsigned at = 0; at < count;) {
		refill(from);
		unsigned bits = BITS(table[from->bits & ((1 << LENGTH_BITS) - 1)]);
		/* The table knows how long a code is; which it is, the codes. */
		unsigned code = reversed((unsigned)(from->bits & ((1u << bits) - 1)), bits), first = 0, index = 0;
		if (bits == 0)
			return false;
		for (unsigned shorter = 1; shorter < bits; shorter++) {
			index += codes.count[shorter];
			first = (first + codes.count[shorter]) << 1;
		}
		unsigned symbol = codes.symbols[index + code - first];
		take(from, bits);
		if (symbol < 16) {
			lengths[at++] = (uint8_t)symbol;
			continue;
		}
		if (symbol == 16 && at == 0)
			return false;
		uint8_t repeated = symbol == 16 ? lengths[at - 1] : 0;
		unsigned times = symbol == 16 ? 3 + take(from, 2) : symbol == 17 ? 3 + take(from, 3) : 11 + take(from, 7);
		if (times > count - at)
			return false;
		memset(lengths + at, repeated, times);
		at += times;
	}
	return true;
}

/* How long the codes of a block are. */
struct lengths {
	uint8_t of[LITERALS + DISTANCES];
	unsigned literals, distances;
};

static bool block_lengths(struct reader *from, unsigned type, struct lengths *lengths)
{
	*lengths = (struct lengths){ .literals = LITERALS, .distances = DISTANCES };
	if (type == 1) {
		memset(lengths->of, 8, 144);
		memset(lengths->of + 144, 9, 112);
		memset(lengths->of + 256, 7, 24);
		memset(lengths->of + 280, 8, 8);
		memset(lengths->of + LITERALS, 5, DISTANCES);
		return true;
	}
	lengths->literals = 257 + take(from, 5);
	lengths->distances = 1 + take(from, 5);
	return lengths->literals <= LITERALS &&
		read_lengths(from, lengths->of, lengths->literals + lengths->distances);
}

static bool make_tables(const struct lengths *lengths, struct tables *tables)
{
	if (!make_table(lengths->of, lengths->literals, tables->literal, LITERAL_BITS, &tables->literals, literal_step) ||
		!make_table(lengths->of + lengths->literals, lengths->distances, tables->distance, DISTANCE_BITS,
			&tables->distances, distance_step))
		return false;
	join_literals(tables->literal);
	return true;
}

/* Goes to the end of a block of codes. */
static bool pass_codes(struct reader *from, const struct tables *tables)
{
	while (from->beyond <= sizeof from->bits) {
		refill(from);
		step next = tables->literal[from->bits & ((1 << LITERAL_BITS) - 1)];
		/* Twice: what is left of the bits is enough for the longest code, a match's of 48. */
		if (KIND(next) == LITERAL) {
			take(from, BITS(next));
			next = tables->literal[from->bits & ((1 << LITERAL_BITS) - 1)];
			if (KIND(next) == LITERAL) {
				take(from, BITS(next));
				continue;
			}
			if (from->count < 48)
				continue;
		}
		if (KIND(next) == LONG)
			next = long_step(from->bits, &tables->literals, literal_step);
		take(from, BITS(next));
		if (KIND(next) == END)
			return true;
		if (KIND(next) == INVALID)
			return false;
		if (KIND(next) == LITERAL)
			continue;
		next = tables->distance[from->bits & ((1 << DISTANCE_BITS) - 1)];
		if (KIND(next) == LONG)
			next = long_step(from->bits, &tables->distances, distance_step);
		if (KIND(next) == INVALID)
			return false;
		take(from, BITS(next));
	}
	return false;
}

static bool pass_stored(struct reader *from, const uint8_t *start, size_t length)
{
	take(from, from->count & 7);
	refill(from);
	unsigned size = take(from, 16);
	if ((size ^ take(from, 16)) != 0xffff)
		return false;
	size_t at = position(from, start) / 8;
	if (at > length || size > length - at)
		return false;
	*from = (struct reader){ .at = start + at + size, .end = from->end };
	return true;
}

/*
 * The first bit behind a last block of codes: its last is the code for the end, and zeros fill up the byte. So the
 * stream's last bit that is set is that code's. 0 where the code has none, and where something else stands there.
 */
static size_t end_by_last_code(const uint8_t *stream, size_t length, const struct lengths *lengths)
{
	unsigned own = lengths->of[END_OF_BLOCK], code = 0;
	for (unsigned symbol = 0; symbol < lengths->literals; symbol++) {
		unsigned bits = lengths->of[symbol];
		/* A shorter code takes as many of this length as begin with it. */
		if (bits != 0 && (bits < own || (bits == own && symbol < END_OF_BLOCK)))
			code += 1u << (own - bits);
	}
	if (own == 0 || code == 0 || code >= 1u << own || length < sizeof(uint32_t))
		return 0;
	const uint8_t *tail = stream + length - sizeof(uint32_t);
	uint32_t last = (uint32_t)tail[0] | (uint32_t)tail[1] << 8 | (uint32_t)tail[2] << 16 | (uint32_t)tail[3] << 24;
	if (last == 0)
		return 0;
	unsigned end = 32 - (unsigned)__builtin_clz(last) + (unsigned)__builtin_ctz(code);
	if (end > 32 || end <= 24 || (last >> (end - own) & ((1u << own) - 1)) != reversed(code, own))
		return 0;
	return (length - sizeof(uint32_t)) * 8 + end;
}

/* First bit of a stream's last block, and the first behind it. False where it is no stream of this length. */
static bool last_block(const uint8_t *stream, size_t length, size_t *begins, size_t *ends)
{
	struct reader from = { .at = stream, .end = stream + length };
	struct lengths lengths;
	struct tables tables;
	*ends = 0;
	for (bool last = false; !last;) {
		refill(&from);
		*begins = position(&from, stream);
		last = take(&from, 1) == 1;
		unsigned type = take(&from, 2);
		if (type == 3)
			return false;
		if (type == 0) {
			if (!pass_stored(&from, stream, length))
				return false;
			continue;
		}
		if (!block_lengths(&from, type, &lengths))
			return false;
		if (last)
			*ends = end_by_last_code(stream, length, &lengths);
		if (*ends >= position(&from, stream) + lengths.of[END_OF_BLOCK] && *ends > 0)
			return true;
		if (!make_tables(&lengths, &tables) || !pass_codes(&from, &tables))
			return false;
	}
	*ends = position(&from, stream);
	return *ends <= length * 8 && (*ends + 7) / 8 == length;
}

struct job {
	struct call call;
	struct bytes text;
	int level;
	uint8_t *pieces;
	size_t length;
	const char *fault; /* NULL: none */
	uint32_t *given;   /* the caller's array, which is held */
	size_t count;
	uint32_t ends[];   /* of the text's pieces; then, of the pieces that are made */
};

static const char *deflate_piece(struct job *job, struct libdeflate_compressor *compressor, const uint8_t *text,
	size_t length)
{
	size_t room = libdeflate_deflate_compress_bound(compressor, length), begins, ends;
	uint8_t *pieces = realloc(job->pieces, job->length + room + JOINT_BYTES);
	if (pieces == NULL)
		return "no memory for what is compressed";
	job->pieces = pieces;
	uint8_t *piece = pieces + job->length;
	size_t size = libdeflate_deflate_compress(compressor, text, length, piece, room);
	if (size == 0 || !last_block(piece, size, &begins, &ends))
		return "libdeflate made what is no deflate stream";
	piece[begins / 8] &= (uint8_t) ~(1u << begins % 8);
	/* The header of the empty block: into the last byte, where that has three bits left. */
	if (ends % 8 == 0 || ends % 8 > 5)
		piece[size++] = 0;
	memcpy(piece + size, EMPTY_BLOCK, sizeof EMPTY_BLOCK);
	job->length += size + sizeof EMPTY_BLOCK;
	return NULL;
}

static void run(struct call *call)
{
	struct job *job = (struct job *)call;
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(job->level);
	size_t begins = 0;
	if (compressor == NULL)
		job->fault = "no memory for the compressor";
	for (size_t at = 0; at < job->count && job->fault == NULL; at++) {
		size_t ends = job->ends[at];
		job->fault = deflate_piece(job, compressor, job->text.at + begins, ends - begins);
		begins = ends;
		if (job->length > UINT32_MAX)
			job->fault = "too much text for one call";
		job->ends[at] = (uint32_t)job->length;
	}
	if (compressor != NULL)
		libdeflate_free_compressor(compressor);
}

/* The pieces, one behind the other; the caller's array says where each ends. A text: what went wrong. */
static napi_value answer(napi_env env, struct call *call, bool ran)
{
	struct job *job = (struct job *)call;
	napi_value result;
	napi_status status;
	if (!ran)
		job->fault = "given up";
	if (job->fault != NULL) {
		status = napi_create_string_utf8(env, job->fault, NAPI_AUTO_LENGTH, &result);
	} else {
		memcpy(job->given, job->ends, job->count * sizeof *job->ends);
		status = napi_create_buffer_copy(env, job->length, job->pieces, NULL, &result);
	}
	free(job->pieces);
	return status == napi_ok ? result : NULL;
}

/* Where pieces of a text of this length end, in order. */
static bool are_ends(const uint32_t *ends, size_t count, size_t length)
{
	for (size_t at = 0; at < count; at++)
		if (ends[at] <= (at == 0 ? 0 : ends[at - 1]))
			return false;
	return count > 0 && ends[count - 1] == length;
}

enum argument { TEXT, ENDS, LEVEL, ARGUMENTS };

/* deflate(text, ends, level): a promise of answer(). */
static napi_value deflate(napi_env env, napi_callback_info info)
{
	size_t count = ARGUMENTS, ends = 0;
	napi_value given[ARGUMENTS];
	napi_typedarray_type type;
	bool is_array = false;
	void *data = NULL;
	int32_t level;
	struct bytes text;
	if (napi_get_cb_info(env, info, &count, given, NULL, NULL) != napi_ok ||
		!read_bytes(env, given[TEXT], &text, "the text"))
		return NULL;
	if (napi_is_typedarray(env, given[ENDS], &is_array) != napi_ok || !is_array ||
		napi_get_typedarray_info(env, given[ENDS], &type, &ends, &data, NULL, NULL) != napi_ok ||
		type != napi_uint32_array || !are_ends(data, ends, text.length)) {
		napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", "the ends are no Uint32Array of where pieces of the text end");
		return NULL;
	}
	if (napi_get_value_int32(env, given[LEVEL], &level) != napi_ok || level < 1 || level > 9) {
		napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", "the level is none from 1 to 9");
		return NULL;
	}
	struct job *job = new_call(env, sizeof *job + ends * sizeof *job->ends, run, answer);
	if (job == NULL)
		return NULL;
	job->text = text;
	job->level = level;
	job->given = data;
	job->count = ends;
	memcpy(job->ends, data, ends * sizeof *job->ends);
	return start_call(env, &job->call, "ooni:deflate", given, 2);
}

bool add_deflate(napi_env env, napi_value exports)
{
	napi_value version;
	return napi_create_string_utf8(env, LIBDEFLATE_VERSION_STRING, NAPI_AUTO_LENGTH, &version) == napi_ok &&
		napi_set_named_property(env, exports, "libdeflateVersion", version) == napi_ok &&
		add_door(env, exports, "deflate", deflate);
}
