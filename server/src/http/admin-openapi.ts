import { z } from 'zod';
import { OPERATIONS, type Operation } from './admin-operations';
import type { Route } from './module';

type Json = Record<string, unknown>;

const ERROR = {
  description: 'What was wrong, as a sentence that says what to do.',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
};

/** `/lists/:id` → `/lists/{id}` */
export const templated = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

/**
 * The routes of the panel in OpenAPI 3.1: method, path and rights as they are registered, input from the schemas that
 * check it.
 * @param prefix of the paths in the document
 */
export function adminOpenApi(routes: readonly Route[], prefix: string): { paths: Json; schemas: Json } {
  const paths: Record<string, Json> = {};
  const schemas: Json = {};
  for (const route of routes) {
    const operation = OPERATIONS[route.handler] ?? { summary: route.handler };
    const path = `${prefix}${templated(route.path)}`;
    (paths[path] ??= {})[route.method.toLowerCase()] = described(route, operation, schemas);
  }
  return { paths, schemas };
}

function described(route: Route, operation: Operation, schemas: Json): Json {
  const { summary, body, query, file, status = 200, answer = 'application/json' } = operation;
  const id = operationId(route);
  const rights = actionsOf(route);
  const input = body ? { 'application/json': { schema: component(id, body, schemas) } } : file ? FILE : null;
  const answers =
    status === 204 ? { description: 'Done.' } : { description: 'Done.', content: { [answer]: {} } };
  return {
    summary,
    description: `Needs ${rights.map((right) => `\`${right}\``).join(' and ')}.`,
    operationId: id,
    tags: ['admin'],
    security: [{ adminToken: [] }],
    parameters: [...pathParameters(route), ...(query ? queryParameters(query) : [])],
    ...(input && { requestBody: { required: true, content: input } }),
    responses: {
      [status]: answers,
      ...((input ?? query) && { 400: ERROR }),
      401: ERROR,
      403: ERROR,
      ...(route.path.includes(':') && { 404: ERROR }),
    },
  };
}

const FILE = {
  'multipart/form-data': {
    schema: {
      type: 'object',
      required: ['files'],
      properties: { files: { type: 'string', format: 'binary' } },
    },
  },
};

/** `admin-lists-find`; a handler with several routes adds the first word of each path. */
function operationId({ handler, path }: Route): string {
  const [module = '', name = ''] = handler.split('.');
  const area = path.split('/')[1];
  return ['admin', module, ...(module === 'attributes' ? [area] : []), name].join('-');
}

function actionsOf({ config }: Route): string[] {
  const policies = (config?.policies ?? []) as (string | { config?: { actions?: string[] } })[];
  return policies.flatMap((policy) => (typeof policy === 'string' ? [] : (policy.config?.actions ?? [])));
}

const pathParameters = ({ path }: Route): Json[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

function queryParameters(query: z.ZodType): Json[] {
  const { properties = {}, required = [] } = jsonSchema(query) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

/** A schema under a name of its own, so that what refers to a part of itself finds it. */
function component(id: string, schema: z.ZodType, schemas: Json): Json {
  const $ref = `#/components/schemas/${id.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase())}`;
  const text = JSON.stringify(jsonSchema(schema)).replace(
    /"\$ref":"#(\/\$defs\/[^"]+)?"/g,
    (_, part: string | undefined) => `"$ref":"${$ref}${part ?? ''}"`,
  );
  schemas[$ref.split('/').at(-1)!] = JSON.parse(text) as Json;
  return { $ref };
}

function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'ref',
  });
  return rest;
}
