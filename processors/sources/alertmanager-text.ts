import { assetOfLabels } from './prometheus.ts'

/** What the text of an Alertmanager notification says of all its alerts. */
export interface AlertmanagerText {
  readonly asset: string | null
  readonly alertname: string | null
  /** Labels that all alerts have in common. */
  readonly labels: readonly (readonly [string, string])[]
}

const LINES_MAX = 2_000
const LABELS_MAX = 64

/**
 * Reads the default texts Alertmanager writes for other products (template/default.tmpl, `__text_alert_list`): for each alert `Labels:`, a line ` - name = value`
 * for each label, `Annotations:` … Its PagerDuty and VictorOps messages name the machine nowhere else. Null for any other text.
 */
export function readAlertmanagerText(text: string | null): AlertmanagerText | null {
  const lines = (text ?? '').slice(0, 65_536).split('\n', LINES_MAX)
  const found: Map<string, string>[] = []
  for (let at = 0; at < lines.length; at++) {
    if (lines[at]?.trim() !== 'Labels:') continue
    const labels = new Map<string, string>()
    for (at++; at < lines.length && labels.size < LABELS_MAX; at++) {
      const pair = /^ - ([A-Za-z_]\w{0,127}) = (.{1,1024})$/.exec(lines[at] ?? '')
      if (pair === null) break
      labels.set(pair[1] ?? '', (pair[2] ?? '').trim())
    }
    if (labels.size > 0) found.push(labels)
  }
  const [first, ...others] = found
  if (first === undefined) return null
  const common = new Map([...first].filter(([name, value]) => others.every((labels) => labels.get(name) === value)))
  return { asset: assetOfLabels(common), alertname: common.get('alertname') ?? null, labels: [...common] }
}
