/** One set through `aw backtest` and the scorer of the data. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attackPoint, type AttackPoint } from './attack-point.ts'
import type { Baseline, Baselines } from './baselines.ts'
import { run as runProgram } from './program.ts'
import { simpleRootCause } from './root-rules.ts'
import { DATASETS, type Run } from './sets.ts'

/** What the scorer prints. */
interface Score { nr: number; P: number; R: number; F1: number; Pn: number; ari: number; incF1: number; merges: number; mergeShare: number; rc1?: number | null; groups: number; alerts: number; incidents: number }

/** A line of the table. */
export interface GroupingResult {
  readonly name: string
  readonly alerts: number
  readonly trueIncidents: number
  readonly groups: number
  readonly incidentF1: number
  readonly baseline: Baseline | null
  /** Incident F1 above the strongest baseline. */
  readonly isMet: boolean | null
  readonly precision: number
  readonly recall: number
  readonly f1: number
  readonly precisionWithNoise: number
  readonly ari: number
  readonly noiseReduction: number
  readonly falseMerges: number
  /** Share of the groups that hold a labelled alert. */
  readonly falseMergeShare: number
  /** Null where the set does not say root causes. */
  readonly rootCauseTop1: number | null
  readonly rootCauseBaseline: { readonly name: string; readonly top1: number } | null
  readonly attackPoint: AttackPoint | null
  readonly alertsPerSecond: number
}

const NO_PYTHON = 'python3 is absent: the scorer of the data needs it (Debian: apt-get install python3)'

/** Runs and scores one set; `settings` is a settings file, the defaults without one. */
export async function measure(one: Run, baselines: Baselines, settings?: string): Promise<GroupingResult> {
  const folder = await mkdtemp(join(tmpdir(), 'aw-quality-'))
  try {
    const groups = join(folder, 'groups.jsonl.gz')
    const printed = await runProgram(process.execPath, [
      join(import.meta.dirname, '../../main.ts'), 'backtest', '--alerts', one.alerts, ...(one.topology === null ? [] : ['--topology', one.topology]),
      ...(settings === undefined ? [] : ['--settings', settings]), '--out', groups, '--json',
    ], 'node is absent')
    const summary = JSON.parse(printed) as { alertsPerSecond: number }
    const score = JSON.parse(await runProgram('python3', [join(DATASETS, 'score.py'), '--set', one.folder, '--groups', groups, '--json'], NO_PYTHON)) as Score
    const baseline = baselines.strongest(one.set, one.topology !== null)
    // Without a topology nothing is said of the causes: the figure belongs to the run that has it.
    const simple = one.topology === null ? null : await simpleRootCause(one.folder)
    const published = baselines.rootCause(one.set)
    return {
      name: one.name, alerts: score.alerts, trueIncidents: score.incidents, groups: score.groups, incidentF1: score.incF1, baseline,
      isMet: baseline === null ? null : score.incF1 > baseline.incidentF1,
      precision: score.P, recall: score.R, f1: score.F1, precisionWithNoise: score.Pn, ari: score.ari, noiseReduction: score.nr, falseMerges: score.merges, falseMergeShare: score.mergeShare,
      rootCauseTop1: simple === null ? null : (score.rc1 ?? 0),
      rootCauseBaseline: simple === null ? null : published !== null && published.top1 > simple.top1 ? published : simple,
      attackPoint: one.set === 'ait-ads-simul' ? await attackPoint(one.folder, groups) : null,
      alertsPerSecond: summary.alertsPerSecond,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
