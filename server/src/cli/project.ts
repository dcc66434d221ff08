import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Core } from '@strapi/strapi';
import { PLUGIN_ID } from '../constants';

/** The command was called wrongly. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** There is no Strapi project here, or none that could run; the message says what to do. */
export class ProjectError extends Error {
  override name = 'ProjectError';
}

/**
 * Makes the Strapi of the project in this folder, as `strapi start` does; nothing is loaded yet. Signals are ours:
 * Strapi's own handlers are taken off.
 * @throws ProjectError when there is no Strapi project or it is not built
 */
export async function openProject(appDir: string): Promise<Core.Strapi> {
  const manifest = path.join(appDir, 'package.json');
  if (!existsSync(manifest))
    throw new ProjectError(`${appDir} is not a Strapi project: it has no package.json.`);
  const { createStrapi, resolveOutDir } = strapiOf(manifest, appDir);
  let distDir = appDir;
  if (existsSync(path.join(appDir, 'tsconfig.json'))) {
    const outDir = await resolveOutDir(appDir);
    if (outDir === undefined)
      throw new ProjectError(
        `${appDir} is not a Strapi project: its tsconfig.json has no compilerOptions.outDir.`,
      );
    distDir = outDir;
    if (!existsSync(path.join(distDir, 'config')))
      throw new ProjectError(
        `${appDir} is a TypeScript project that is not built: ${distDir} has no config. Run "npm run build" first.`,
      );
  }
  const before = signalListeners();
  const strapi = createStrapi({ appDir, distDir });
  for (const { signal, listener } of signalListeners()) {
    if (!before.some((known) => known.signal === signal && known.listener === listener))
      process.off(signal, listener);
  }
  return strapi;
}

/** @throws Error when Strapi does not load, as with a wrong configuration or without its database */
export async function loadProject(strapi: Core.Strapi): Promise<Core.Strapi> {
  try {
    return await strapi.load();
  } catch (error) {
    throw new Error(`Strapi could not be loaded: ${(error as Error).message}`, { cause: error });
  }
}

/** @throws Error when the plugin is not enabled in the project */
export function newsletterService<T>(strapi: Core.Strapi, name: string): T {
  const plugin = strapi.plugins[PLUGIN_ID] as { service(name: string): T } | undefined;
  if (!plugin)
    throw new Error(
      'The plugin is not enabled in this project: add `newsletter: { enabled: true }` to config/plugins.',
    );
  return plugin.service(name);
}

interface StrapiOfProject {
  createStrapi: (options: { appDir: string; distDir: string }) => Core.Strapi;
  resolveOutDir: (appDir: string) => Promise<string | undefined>;
}

/** The project's Strapi: ours may be another copy. */
function strapiOf(manifest: string, appDir: string): StrapiOfProject {
  const ofProject = createRequire(manifest);
  let entry: string;
  try {
    entry = ofProject.resolve('@strapi/strapi');
  } catch {
    throw new ProjectError(
      `${appDir} is not a Strapi project, or its dependencies are not installed: @strapi/strapi is not there.`,
    );
  }
  const { createStrapi } = ofProject(entry) as Pick<StrapiOfProject, 'createStrapi'>;
  const { resolveOutDir } = createRequire(entry)('@strapi/typescript-utils') as Pick<
    StrapiOfProject,
    'resolveOutDir'
  >;
  return { createStrapi, resolveOutDir };
}

const signalListeners = () =>
  (['SIGTERM', 'SIGINT'] as const).flatMap((signal) =>
    process.listeners(signal).map((listener) => ({ signal, listener: listener })),
  );
