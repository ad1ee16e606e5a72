import { choose, type Choice } from './choose.ts'
import { siblingsOf, type Entry } from './entries.ts'
import { ID_NAMES } from './names.ts'
import { idText } from './values.ts'

/** Fields that make an object a thing of its own rather than an envelope. */
const TELLING = new Set(['status', 'state', 'severity', 'priority', 'title', 'name', 'label', 'message', 'msg', 'summary', 'subject', 'description', 'text', 'resolved', 'target', 'host', 'hostname', 'environment', 'level'])
/** Fields that make an object the news of something that happened. */
const NEWS = new Set(['event', 'eventtype', 'eventname', 'action', 'trigger', 'notificationtype'])
/** Objects whose contents a message is about, so that an id beside them is the message's. */
const CONTENTS = new Set(['data', 'payload', 'event', 'body', 'notification', 'detail'])

/** Keys made for it, and ids named after a problem, are beyond doubt. */
const FIRST_DOUBTFUL_TIER = 2
/** Fields of an alert rather than of the news that there is one. */
const OF_ALERTS = new Set(['severity', 'status', 'state', 'title', 'summary', 'description'])

/** The id that ties the end of a problem to its beginning. Ids of messages, deliveries and single events are none, because the end brings another. */
export function chooseId(entries: readonly Entry[]): Choice<string> | null {
  return choose(entries, ID_NAMES, (text, entry, tier) => (isOfProblem(entry, entries, tier) ? idText(text) : null))
}

function isOfProblem(entry: Entry, entries: readonly Entry[], tier: number): boolean {
  if (tier < FIRST_DOUBTFUL_TIER) return true
  const name = entry.words.join('')
  const around = entry.steps.slice(0, -1)
  const siblings = siblingsOf(entries, entry).map(({ words }) => words.join(''))
  // An alert that names the incident it is grouped under has an id of its own.
  if (name === 'incidentid') return !siblings.includes('id') || siblings.some((sibling) => NEWS.has(sibling))
  if (!['id', 'uid', 'uuid', 'guid'].includes(name) || !entry.isOwn) return true
  const isEnvelope = entry.distance > 0 && !siblings.some((sibling) => OF_ALERTS.has(sibling)) && entries.some(({ steps, isOwn }) => isOwn && steps.length > around.length + 1 && CONTENTS.has((steps[around.length] ?? '').toLowerCase()))
  return !isEnvelope && siblings.some((sibling) => TELLING.has(sibling))
}
