import path from 'node:path';
import { expect, it } from 'vitest';
import { routes } from '../../../server/src/http';
import { openApiDocument } from '../../../server/src/http/public/openapi-document';

const FILE = path.resolve(__dirname, '../../../docs/openapi.json');
/** For operators, with a token of its own and no contract. */
const NOT_DESCRIBED = ['GET /metrics'];

const paths: Record<
  string,
  Record<string, { operationId: string; parameters?: { name: string }[] }>
> = openApiDocument.paths;
const described = Object.entries(paths).flatMap(([route, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${route}`),
);

it('describes each public route, and none that is not there', () => {
  const served = routes['content-api']().routes.map(
    ({ method, path: route }) => `${method} ${route.replace(/:(\w+)/g, '{$1}')}`,
  );
  expect(described.sort()).toEqual(served.filter((route) => !NOT_DESCRIBED.includes(route)).sort());
});

it('names path parameters, operations and schemas that are there', () => {
  const operations = Object.entries(paths).flatMap(([route, methods]) =>
    Object.values(methods).map((operation) => ({ route, ...operation })),
  );
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  for (const { route, parameters = [] } of operations) {
    const inPath = [...route.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    expect(parameters.map(({ name }) => name)).toEqual(expect.arrayContaining(inPath));
  }
  const schemas = Object.keys(openApiDocument.components.schemas);
  const refs = [...JSON.stringify(openApiDocument).matchAll(/"#\/components\/schemas\/(\w+)"/g)];
  expect(refs.length).toBeGreaterThan(10);
  for (const [, name] of refs) expect(schemas).toContain(name);
});

it('takes what it says from the schemas that check it', () => {
  const { Subscribe, ServerSubscribe } = openApiDocument.components.schemas;
  expect(Subscribe).toMatchObject({
    type: 'object',
    required: ['email'],
    properties: { lists: { type: 'array', maxItems: 50 } },
  });
  expect(ServerSubscribe).toMatchObject({ required: ['email'], additionalProperties: false });
});

/** `npx vitest run tests/unit/public/openapi.test.ts -u` writes it anew. */
it('is kept in docs/openapi.json', async () => {
  await expect(`${JSON.stringify(openApiDocument, null, 2)}\n`).toMatchFileSnapshot(FILE);
});
