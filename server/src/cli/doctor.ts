import { Resolver } from 'node:dns/promises';
import type { Diagnosis } from '../insight';
import type { DoctorService } from '../services/doctor';
import { loadProject, newsletterService, openProject, UsageError } from './project';

/**
 * `strapi-newsletter doctor`: prints one line per finding.
 * @returns the exit code: 1 when something fails
 */
export async function doctor({ dns }: { dns?: string }): Promise<number> {
  const resolver = new Resolver({ timeout: 5_000, tries: 2 });
  if (dns !== undefined) {
    try {
      resolver.setServers([dns]);
    } catch {
      throw new UsageError(`--dns: expected an IP address, with a port or without, found "${dns}".`);
    }
  }
  const strapi = await openProject(process.cwd());
  strapi.log.level = 'error';
  try {
    await loadProject(strapi);
  } catch (error) {
    return report([{ level: 'fail', subject: 'start', text: (error as Error).message }]);
  }
  const findings = await newsletterService<DoctorService>(strapi, 'doctor').run(resolver);
  const code = report(findings);
  await strapi.destroy();
  return code;
}

function report(findings: Diagnosis[]): number {
  for (const { level, subject, text } of findings) console.log(`${level.padEnd(4)}  ${subject}: ${text}`);
  const count = (level: Diagnosis['level']) => findings.filter((finding) => finding.level === level).length;
  console.log(`${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed`);
  return count('fail') > 0 ? 1 : 0;
}
