import { readdirSync, readFileSync } from 'node:fs';

export { freePort } from '../../scripts/lib/playground.mjs';

/** Waits for a condition. @throws Error with the sentence after the deadline, in milliseconds */
export async function waitFor(
  condition: () => unknown,
  sentence: () => string = () => 'the condition did not come true',
  deadline = 45_000,
): Promise<void> {
  const end = Date.now() + deadline;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(sentence());
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** For servers that refuse to work as root: `nobody`. Ourselves when we are not root. */
export function unprivilegedUser(): { uid: number; gid: number } {
  if (process.getuid?.() !== 0) return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  return userNamed('nobody');
}

/** @throws Error when this machine has no such user */
export function userNamed(wanted: string): { uid: number; gid: number } {
  const user = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === wanted);
  if (!user) throw new Error(`there is no user "${wanted}"`);
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

/** Linux: how many threads of a process leave the CPU to all others (niceness 10). */
export function niceThreads(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).filter((id) => {
    try {
      // proc_pid_stat(5): the 19th field; the second one may hold spaces.
      return readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8').split(') ')[1]!.split(' ')[16] === '10';
    } catch {
      return false; // it has ended meanwhile
    }
  }).length;
}
