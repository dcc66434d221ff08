import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as contract from '../../../shared/contracts';
import { routes } from '../../../server/src/http';
import { OPERATIONS } from '../../../server/src/http/admin-operations';
import { openApiDocument as document } from '../../../server/src/http/public/openapi-document';

const FILE = path.resolve(__dirname, '../../../docs/openapi.json');
/** For operators, with a token of its own and no contract. */
const NOT_DESCRIBED = ['GET /api/newsletter/metrics'];

const openApiDocument = document(routes.admin().routes);
const paths = openApiDocument.paths as Record<
  string,
  Record<string, { operationId: string; parameters?: { name: string }[] }>
>;
const described = Object.entries(paths).flatMap(([route, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${route}`),
);

it('describes each route, and none that is not there', () => {
  const { admin, 'content-api': content } = routes;
  const all = [
    ...content().routes.map((route) => ({ ...route, prefix: '/api/newsletter' })),
    ...admin().routes.map((route) => ({ ...route, prefix: '/newsletter' })),
  ];
  const served = all.map(
    ({ method, path: route, prefix }) => `${method} ${prefix}${route.replace(/:(\w+)/g, '{$1}')}`,
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

describe('what it says of an admin route', () => {
  const handlers = readHandlers();
  const names = Object.entries(contract).flatMap(([name, value]) =>
    value instanceof z.ZodType ? [[name, value] as const] : [],
  );

  it('is written for each, and for none that is gone', () => {
    const registered = new Set(routes.admin().routes.map(({ handler }) => handler));
    expect(Object.keys(OPERATIONS).sort(), 'add new routes to http/admin-operations.ts').toEqual(
      [...registered].sort(),
    );
  });

  it.each(Object.entries(OPERATIONS))('is what the code of %s does', (handler, operation) => {
    const code = handlers.get(handler);
    expect(code, 'its code was not found').toBeDefined();
    const read = (which: string) =>
      new RegExp(`read${which}\\(\\s*ctx,\\s*([\\w.()]+?)\\s*\\)`).exec(code!)?.[1];
    for (const [which, schema] of [
      ['Body', operation.body],
      ['Query', operation.query],
    ] as const) {
      expect(schema !== undefined, which).toBe(read(which) !== undefined);
      const known = names.find(([name]) => name === read(which));
      if (known) expect(schema).toBe(known[1]);
    }
    expect(operation.file ?? false).toBe(code!.includes('uploadedFiles('));
    expect(operation.status).toBe(Number(/ctx\.status = (\d+)/.exec(code!)?.[1]) || undefined);
    expect(operation.answer === 'text/csv').toBe(/csvAttachment\(|csvAnswer\(/.test(code!));
  });

  it('names the rights that the route asks for', () => {
    const { description } = paths['/newsletter/suppressions/export']!.get! as unknown as {
      description: string;
    };
    expect(description).toBe(
      'Needs `plugin::newsletter.deliverability.read-deliverability` and `plugin::newsletter.subscribers.read-subscribers` and `plugin::newsletter.subscribers.export-subscribers`.',
    );
  });
});

/** The code of each handler, as `<module>.<key>`: methods of objects in http/admin, whose files begin with the module. */
function readHandlers(): Map<string, string> {
  const folder = path.resolve(__dirname, '../../../server/src/http/admin');
  const found = new Map<string, string>();
  for (const file of readdirSync(folder)) {
    const source = readFileSync(path.join(folder, file), 'utf8');
    const module = file === 'export.ts' ? 'subscribers-export' : file.replace(/\.ts$/, '');
    const visit = (node: ts.Node): void => {
      if (ts.isMethodDeclaration(node)) {
        const key = node.name.getText();
        for (const name of new Set([module, module.split('-')[0]])) {
          if (!found.has(`${name}.${key}`)) found.set(`${name}.${key}`, node.getText());
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
  }
  return found;
}

/** `npx vitest run tests/unit/public/openapi.test.ts -u` writes it anew. */
it('is kept in docs/openapi.json', async () => {
  await expect(`${JSON.stringify(openApiDocument, null, 2)}\n`).toMatchFileSnapshot(FILE);
});
