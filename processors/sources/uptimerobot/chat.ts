import { makeAlert } from '../build.ts'
import { Fields } from '../fields.ts'
import { textOf } from '../json.ts'
import type { NormalisedAlert } from '../source.ts'

/** The sentence UptimeRobot's own examples are made of: `*monitorFriendlyName* is *alertTypeFriendlyName*`, with stars or signs around. */
const SENTENCE = /^[^\p{L}\p{N}]*(?:monitor )?(\S.{0,199}?) (?:is|went)(?: now)? [*_~]*(down|up)\b/iu
/** Characters of a text looked at. */
const WINDOW = 512

/** Reads a chat message made of the variables (`{"text": "Shop is Down"}`, an embed, plain text); null where no text says that a monitor is up or down. */
export function readChat(body: unknown): NormalisedAlert | null {
  const text = textOf(body)
  const texts: readonly (readonly [string, string])[] = text === null ? new Fields(body).entries : [['', text]]
  for (const [, sentence] of texts) {
    const found = SENTENCE.exec(sentence.slice(0, WINDOW))
    if (found === null) continue
    return makeAlert({
      source: 'uptimerobot',
      externalId: null,
      asset: texts.find(([path, value]) => /(?:^|\.)value$/.test(path) && /^https?:\/\/\S+$/.test(value.slice(0, WINDOW)))?.[1] ?? null,
      signature: (found[1] ?? '').replace(/[*_`]+/g, '').trim() || null,
      severity: 'unknown',
      status: found[2]?.toLowerCase() === 'up' ? 'resolved' : 'firing',
      title: sentence,
      message: sentence,
      startsAtMs: null,
      labels: [],
    })
  }
  return null
}
