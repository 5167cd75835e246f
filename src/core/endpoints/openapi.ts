/** The routes as documents: an OpenAPI 3.1 file, and the tables of docs/api.md. */
import type { RouteDescription } from './endpoint.ts';

const ERROR = {
  type: 'object',
  required: ['detail', 'error', 'message'],
  properties: {
    detail: { description: 'A text, a code with a message, or one entry for each fault' },
    error: { type: 'string' },
    message: { description: 'The same as error', type: 'string' },
  },
};

/** An OpenAPI 3.1 document of these routes. */
export function openApi(routes: readonly RouteDescription[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = templatePath(route.path);
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'OONI API', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      responses: {
        error: {
          description: 'What was wrong, or what to do',
          content: { 'application/json': { schema: ERROR } },
        },
      },
    },
  };
}

function operation({ method, path, summary, parameters }: RouteDescription): object {
  const all = [
    ...pathParameters(path).map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...Object.entries(parameters).map(([name, { about, schema }]) => ({
      name,
      in: 'query',
      description: about,
      schema,
    })),
  ];
  return {
    summary,
    ...(all.length > 0 ? { parameters: all } : {}),
    ...(method !== 'get'
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { type: 'object' } } },
          },
        }
      : {}),
    responses: {
      '200': { description: 'The answer', content: { 'application/json': {} } },
      default: { $ref: '#/components/responses/error' },
    },
  };
}

/** `/a/{b}` of `/a/:b`. */
function templatePath(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

function pathParameters(path: string): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
}

/** Routes as a Markdown table, and under it the parameters of those that have any. */
export function markdownRoutes(routes: readonly RouteDescription[]): string {
  const table = routes.map(
    ({ method, path, summary }) =>
      `| \`${method.toUpperCase()} ${templatePath(path)}\` | ${cell(summary)} |`,
  );
  const details = routes
    .filter(({ parameters }) => Object.keys(parameters).length > 0)
    .map(({ path, parameters }) => {
      const rows = Object.entries(parameters).map(
        ([name, { about, schema }]) =>
          `| \`${name}\` | ${cell(schemaText(schema))} | ${cell(about)} |`,
      );
      return [
        `Parameters of \`${templatePath(path)}\`:`,
        '',
        '| parameter | type | meaning |',
        '| --- | --- | --- |',
        ...rows,
        '',
      ].join('\n');
    });
  return ['| request | answers |', '| --- | --- |', ...table, '', ...details].join('\n');
}

function schemaText(schema: Readonly<Record<string, unknown>>): string {
  const { type, enum: choices, minLength, minimum, maximum, default: otherwise } = schema;
  const limits = [
    Array.isArray(choices) ? choices.map((choice) => `\`${choice}\``).join(' or ') : undefined,
    minLength === undefined ? undefined : `at least ${minLength} characters`,
    minimum === undefined ? undefined : `from ${minimum}`,
    maximum === undefined ? undefined : `to ${maximum}`,
    otherwise === undefined ? undefined : `default ${otherwise}`,
  ].filter((limit) => limit !== undefined);
  return [type, ...limits].join(', ');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
