/** The result as a person reads it at a terminal. */
import { percent, table } from '../../cli/output.ts'
import type { GroupingResult } from './grouping.ts'
import type { OtherResult } from './others.ts'

const three = (value: number): string => value.toFixed(3)
const met = (isMet: boolean | null): string => (isMet === null ? '' : isMet ? 'yes' : 'NO')
const NOISE_AIM = 0.95
const MERGES_AIM = 0.02

/** The table of grouping. */
export function groupingText(results: readonly GroupingResult[]): string {
  if (results.length === 0) return ''
  const rows = results.map((one) => [
    one.name, three(one.incidentF1), one.baseline === null ? '' : three(one.baseline.incidentF1), met(one.isMet), three(one.precision), three(one.recall), three(one.f1), three(one.ari),
    `${percent(one.noiseReduction)}${one.noiseReduction >= NOISE_AIM ? '' : ' *'}`, `${one.falseMerges} (${percent(one.falseMergeShare)})${one.falseMergeShare < MERGES_AIM ? '' : ' *'}`,
    one.rootCauseTop1 === null ? '' : three(one.rootCauseTop1), one.rootCauseBaseline === null ? '' : three(one.rootCauseBaseline.top1),
    one.rootCauseTop1 === null || one.rootCauseBaseline === null ? '' : met(one.rootCauseTop1 > one.rootCauseBaseline.top1),
  ])
  const points = results.flatMap(({ attackPoint: point }) => (point === null ? [] : [
    `ait-ads-simul as AlertBERT counts it: TPR ${three(point.tpr)}, TNR ${three(point.tnr)}, area ${three(point.area)}; false alarms counted: TNR ${three(point.tnrWithNoise)}, area ${three(point.areaWithNoise)}. `
    + 'On other days of it a sweep of time gaps spans 0.753 (0.820), AlertBERT 0.890 (0.926).',
  ]))
  return [
    table(['grouping', 'incident F1', 'baseline', 'met', 'P', 'R', 'F1', 'ARI', 'noise reduction', 'false merges', 'root cause', 'baseline', 'met'], rows),
    '', 'Incident F1: mean best F1 per true incident, beside the strongest baseline that may use the same files:',
    ...results.map(({ name, baseline }) => `  ${name}: ${baseline === null ? 'none' : `${baseline.name} (noise reduction ${percent(baseline.noiseReduction)})`}`),
    `* below the aim: noise reduction ${percent(NOISE_AIM)} where the truth allows it, false merges under ${percent(MERGES_AIM)} of the groups.`,
    'Root cause: top 1, beside the better of published answers and simple rules:',
    ...results.flatMap(({ name, rootCauseBaseline }) => (rootCauseBaseline === null ? [] : [`  ${name}: ${rootCauseBaseline.name}`])),
    ...points,
  ].join('\n')
}

/** The table of the other sets. */
export function othersText(results: readonly OtherResult[]): string {
  if (results.length === 0) return ''
  return table(['other sets', 'figure', 'ours', 'wanted', 'met'], results.flatMap(({ set, figures }) => figures.map((one) => [set, one.name, String(one.ours), String(one.wanted), met(one.isMet)])))
}
