/**
 * The parameters that an endpoint takes, as values: each says how it is read and how it is described,
 * so that what is parsed, docs/api.md and the OpenAPI file are one and the same.
 */
import type { ParameterReader, TextLimits } from './parameterReader.ts';

export interface Parameter<Value> {
  /** A sentence for whoever calls the endpoint. */
  readonly about: string;
  /** JSON Schema of the value as it is sent. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Undefined when absent or empty; a fault goes to the reader's issues. */
  readonly read: (reader: ParameterReader, name: string) => Value | undefined;
}

export type Parameters = Readonly<Record<string, Parameter<unknown>>>;

/** What was given: a value for each parameter, undefined where there is none. */
export type Given<P extends Parameters> = {
  readonly [Name in keyof P]: P[Name] extends Parameter<infer Value> ? Value | undefined : never;
};

export function text(about: string, limits: TextLimits = {}) {
  return parameter(about, { type: 'string', ...limits }, (reader, name) =>
    reader.text(name, limits),
  );
}

/** Comma-separated: items trimmed, each once, sorted. */
export function list(about: string, limits: TextLimits = {}) {
  return parameter(about, { type: 'string', ...limits }, (reader, name) =>
    reader.list(name, limits),
  );
}

/** Items of a parameter that may be given several times, each with commas; in their order. */
export function items(about: string) {
  return parameter(about, { type: 'string' }, (reader, name) => reader.everyItem(name));
}

/** The same, of names that are known: another one is a fault. */
export function choices<const Choices extends readonly string[]>(about: string, known: Choices) {
  const examples = [known.slice(0, 2).join(',')];
  return parameter<Choices[number][]>(about, { type: 'string', examples }, (reader, name) =>
    reader.everyChoice(name, known),
  );
}

/** AS numbers, comma-separated, with or without `AS`. */
export function asnList(about: string) {
  return parameter(about, { type: 'string', examples: ['AS30722,137'] }, (reader, name) =>
    reader.asnList(name),
  );
}

/** The same of a parameter that may be given several times. */
export function asnItems(about: string) {
  return parameter(about, { type: 'string', examples: ['AS30722,137'] }, (reader, name) =>
    reader.everyAsn(name),
  );
}

export function bool(about: string) {
  return parameter(about, { type: 'boolean' }, (reader, name) => reader.bool(name));
}

export function integer(
  about: string,
  limits: { readonly min: number; readonly max?: number; readonly otherwise?: number },
) {
  const schema = {
    type: 'integer',
    minimum: limits.min,
    ...(limits.max === undefined ? {} : { maximum: limits.max }),
    ...(limits.otherwise === undefined ? {} : { default: limits.otherwise }),
  };
  return parameter(
    about,
    schema,
    (reader, name) => reader.integer(name, limits) ?? limits.otherwise,
  );
}

/** Digits that fit 64 bits without sign, as text: a number would be rounded. */
export function uint64(about: string) {
  return parameter(about, { type: 'string', pattern: '^[0-9]{1,20}$' }, (reader, name) =>
    reader.uint64(name),
  );
}

/** Comma-separated, each as above. */
export function uint64List(about: string) {
  return parameter(about, { type: 'string', examples: ['10001,10002'] }, (reader, name) =>
    reader.uint64List(name),
  );
}

/** A day or an instant, UTC where it says nothing else; milliseconds since 1970. */
export function datetime(about: string) {
  return parameter(
    about,
    { type: 'string', examples: ['2026-07-11', '2026-07-11T17:44:07Z'] },
    (reader, name) => reader.datetime(name),
  );
}

export function choice<const Choices extends readonly string[]>(about: string, choices: Choices) {
  return parameter<Choices[number]>(about, { type: 'string', enum: choices }, (reader, name) =>
    reader.choice(name, choices),
  );
}

/** Reads all of them, in the order in which they are declared; faults are in the reader's issues. */
export function readAll<P extends Parameters>(parameters: P, reader: ParameterReader): Given<P> {
  const given: Record<string, unknown> = {};
  for (const [name, { read }] of Object.entries(parameters)) given[name] = read(reader, name);
  return given as Given<P>;
}

function parameter<Value>(
  about: string,
  schema: Readonly<Record<string, unknown>>,
  read: Parameter<Value>['read'],
): Parameter<Value> {
  return { about, schema, read };
}
