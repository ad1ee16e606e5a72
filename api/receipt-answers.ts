/** JSON schemas of receipts and dead letters; the TypeScript forms stand in schemas/receipts.ts. */
import { QUIET_KINDS } from '../schemas/quiet-views.ts'
import { ALERT_STATES } from '../schemas/receipts.ts'
import { answer, anything, dictionary, flag, list, nullable, text, time, whole } from './json-schema.ts'

const STATE = text({ enum: [...ALERT_STATES] })
const FATE = text({ enum: ['emitted', 'absorbed', 'dropped', 'rejected', 'in_flight'] })
const COUNTS = answer(Object.fromEntries(ALERT_STATES.map((state) => [state, whole()])))

const LINE = {
  deliveryId: text(), companyId: text(), integrationId: text(), source: text(), receivedAt: time(), state: text({ enum: ['in_flight', 'settled'] }),
  accepted: whole({ description: 'what the sender was told' }), counts: COUNTS,
}

/** A delivery in a list. */
export const DELIVERY_LINE = answer(LINE)

const STEP = answer({ at: time(), fate: FATE, reason: nullable(text()), explanation: text(), deadLetterId: nullable(text()), replayedBy: nullable(text()) })

const ELEMENT = answer({
  element: whole(), state: STATE, fate: FATE, reason: nullable(text()), explanation: text({ description: 'the same for people' }), suppressedBy: nullable(text({ enum: [...QUIET_KINDS, 'overflow'] })),
  quiet: nullable(answer({ kind: text(), ruleId: nullable(text()), reason: text(), until: nullable(time()) })),
  problemKey: nullable(text()), incidentId: nullable(text()), at: time(), alert: anything(), problem: anything({ description: 'the problem it reached, as it is now; null where none' }),
  incident: anything({ description: 'the incident it reached, merges followed; null where none, or where you may not see it' }),
  deadLetter: anything({ description: 'why it was set aside, with a link; null where it was not' }), replayedBy: nullable(text({ description: 'who sent it through anew' })), history: list(STEP, { description: 'what came before, oldest first: of alerts that were sent through anew' }),
})

/** The fate of a delivery. */
export const DELIVERY = answer({ ...LINE, elements: list(ELEMENT), replays: list(answer({ at: time(), by: text() })) })

const LETTER = {
  id: text(), companyId: nullable(text()), topic: text(), stage: text(), code: text(), message: text(), attempts: whole(), at: time(), deliveryId: nullable(text()), integrationId: nullable(text()),
  source: nullable(text()), element: whole({ description: 'which alert of the delivery' }), replay: anything({ description: 'when and by whom it was sent through anew, and what became of it; null where it was not' }),
}

/** A record that could not be understood. */
export const DEAD_LETTER = answer(LETTER)

/** The same with the start of its original. */
export const DEAD_LETTER_DETAIL = answer({ ...LETTER, original: anything({ description: 'the start of what was sent, fit for a screen, and where all of it is; null where nothing keeps it' }) })

/** How many have one code. */
export const DEAD_LETTER_COUNT = answer({ code: text(), stage: text(), source: nullable(text()), count: whole(), replayed: whole(), oldestAt: time(), newestAt: time() })

/** What came of asking for a replay. */
export const REPLAY = answer({ id: text(), companyId: nullable(text()), deliveryId: nullable(text()), replayedAt: time(), replayedBy: text(), wasReplayed: flag({ description: 'true: it was before, nothing was done now' }) })

/** What one step of a replay of many did. */
export const REPLAY_STEP = answer({
  matched: whole({ description: 'records that fitted when the first step was asked for' }), replayed: whole(), already: whole({ description: 'replayed meanwhile by somebody else' }),
  failed: list(answer({ id: text(), code: text(), message: text() })), companies: dictionary(whole()), next: nullable(text({ description: 'send it as "cursor" to go on; null when nothing is left' })),
})
