/**
 * What several sequences give, as it comes, `limit` of them at once. They are begun in the order of
 * their items, and each goes on when what it gave before was taken and the taker asks for more. The
 * first error ends it. At its end, whatever that is, each sequence that was begun is ended, after
 * what it was doing.
 */
export async function* merged<Item, Value>(
  items: Iterable<Item>,
  limit: number,
  sequenceOf: (item: Item) => AsyncGenerator<Value>,
): AsyncGenerator<Value> {
  type Sequence = AsyncGenerator<Value>;
  const running = new Map<
    Sequence,
    Promise<{ readonly sequence: Sequence; readonly result: IteratorResult<Value> }>
  >();
  const advance = (sequence: Sequence) =>
    running.set(
      sequence,
      sequence.next().then((result) => ({ sequence, result })),
    );
  const left = items[Symbol.iterator]();
  const begin = () => {
    while (running.size < limit) {
      const { done, value } = left.next();
      if (done) return;
      advance(sequenceOf(value));
    }
  };
  try {
    for (begin(); running.size > 0; begin()) {
      const { sequence, result } = await Promise.race(running.values());
      if (!result.done) {
        yield result.value;
        advance(sequence);
      } else {
        running.delete(sequence);
      }
    }
  } finally {
    await Promise.allSettled([...running.keys()].map((sequence) => sequence.return(undefined)));
  }
}
