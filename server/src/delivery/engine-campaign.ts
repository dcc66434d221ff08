import { loadRun, pauseBySystem, type Run } from '../campaign';
import { compileCampaign, extractLinks, TemplateErrors, type CompiledCampaign } from '../compose';
import type { Context } from '../context';
import { ensureLinks } from '../storage';

/** A run that this process can render. */
export interface ReadyCampaign {
  id: string;
  /** Of this version of it. */
  key: string;
  run: Run;
  /** URL → id, of the links that are counted. */
  links: ReadonlyMap<string, number>;
  compiled: CompiledCampaign;
}

const CACHED = 16;

/** Compiles each campaign once per version and process. */
export class CampaignCache {
  private readonly compiled = new Map<string, Pick<ReadyCampaign, 'compiled' | 'links'>>();

  constructor(private readonly ctx: Context) {}

  /**
   * The campaign ready to render; null when it has no open run, or when its templates do not compile: then it is paused
   * with a sentence.
   */
  async load(id: string): Promise<ReadyCampaign | null> {
    const run = await loadRun(this.ctx, id);
    if (!run || run.endedAt !== null) return null;
    const key = `${id} ${run.version}`;
    const known = this.compiled.get(key);
    if (known) return { id, key, run, ...known };
    try {
      const links = await ensureLinks(this.ctx.knex, id, extractLinks(run.snapshot));
      const compiled = compileCampaign(run.snapshot, links);
      this.compiled.set(key, { compiled, links });
      const [oldest] = this.compiled.keys();
      if (this.compiled.size > CACHED && oldest !== undefined) this.compiled.delete(oldest);
      return { id, key, run, compiled, links };
    } catch (error) {
      if (!(error instanceof TemplateErrors)) throw error;
      const [problem] = error.problems;
      const where = problem ? `${problem.where}: ${problem.message}` : '';
      await pauseBySystem(this.ctx, id, {
        sentence: `The mail could not be built. ${where} Cancel this campaign, duplicate it and mend the template.`,
        cause: { id: 'not-built', values: { where } },
      });
      return null;
    }
  }
}
