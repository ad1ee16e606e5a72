/**
 * Programs that stand in a throw-away root for those a machine of ours cannot have (systemctl, docker, kubectl, …). Each is a small script over files in /srv, which notes what was
 * done in /srv/calls and ends with 64 for arguments that no runbook should use; a test looks for these too.
 */
import { readFileSync } from 'node:fs'
import type { RootOptions, ThrowawayRoot } from '../harness/throwaway-root.ts'

/** Names of the stand-ins. */
export type StandIn = 'systemctl' | 'sleep' | 'resolvectl' | 'nscd' | 'unbound-control' | 'docker' | 'kubectl'

/** Properties of a unit as systemctl tells them; what is left out is that of a service that failed, is enabled and ends by itself. */
export type Unit = Readonly<Record<string, string>>

/** What a root with stand-ins begins with. */
export interface StandInOptions extends RootOptions {
  readonly programs: readonly StandIn[]
  readonly units?: Readonly<Record<string, Unit>>
  /** Names of programs of this machine that shall not be there. */
  readonly hidden?: readonly string[]
}

const FAILED: Unit = { LoadState: 'loaded', ActiveState: 'failed', SubState: 'failed', UnitFileState: 'enabled', Type: 'simple', Result: 'exit-code', NRestarts: '0', MainPID: '0', TriggeredBy: '', ConditionResult: 'yes', CanStart: 'yes', NeedDaemonReload: 'no', ExecMainStatus: '1', ActiveEnterTimestampMonotonic: '100', ActiveExitTimestampMonotonic: '900', ExecMainExitTimestampMonotonic: '800' }

/** A service that runs. */
export const RUNNING: Unit = { ActiveState: 'active', SubState: 'running', Result: 'success', MainPID: '4242', ExecMainStatus: '0', ActiveExitTimestampMonotonic: '0', ExecMainExitTimestampMonotonic: '0' }
/** A service that ended by itself without an error. */
export const ENDED: Unit = { ActiveState: 'inactive', SubState: 'dead', Result: 'success', ExecMainStatus: '0' }
/** A service that somebody told to stop: it left "active" before its process exited. */
export const STOPPED: Unit = { ...ENDED, ActiveExitTimestampMonotonic: '900', ExecMainExitTimestampMonotonic: '950' }

/** Options for `throwawayRoot` with these programs, mounted over whatever the machine has of that name. */
export function withStandIns({ programs, units = {}, hidden = [], files = {}, setup = '' }: StandInOptions): RootOptions {
  const scripts = programs.map((name) => [`/opt/stand-ins/${name}`, { text: readFileSync(new URL(`stand-ins/${name}`, import.meta.url), 'utf8'), mode: 0o755 }] as const)
  const states = Object.entries(units).map(([name, unit]) => [`/srv/units/${name}`, Object.entries({ Id: name, Names: name, ...FAILED, ...unit }).map(([key, value]) => `${key}=${value}\n`).join('')] as const)
  return {
    files: { '/srv/calls': '', '/opt/hidden': { text: '', mode: 0o644 }, ...Object.fromEntries(scripts), ...Object.fromEntries(states), ...files },
    setup: `
mkdir -p /opt/stand-ins /opt/empty
for name in ${hidden.join(' ')}; do for place in /usr/sbin /usr/bin; do if [ -e "$place/$name" ]; then mount --bind /opt/hidden "$place/$name"; fi; done; done
mount --bind /opt/empty /usr/local/bin
mount --bind /opt/stand-ins /usr/local/sbin
for name in ${programs.join(' ')}; do for place in /usr/sbin /usr/bin; do if [ -e "$place/$name" ]; then mount --bind "/opt/stand-ins/$name" "$place/$name"; fi; done; done
${setup}`,
  }
}

/** What the stand-ins were asked to change, in order. */
export async function callsIn(root: ThrowawayRoot): Promise<readonly string[]> {
  return (await root.read('/srv/calls')).split('\n').filter((line) => line !== '')
}
