import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { readMarks } from '../marks.ts'
import { withoutState } from '../sentence.ts'
import { choose, type Choice } from './choose.ts'
import type { Entry } from './entries.ts'
import { chooseId } from './identity.ts'
import { chooseAsset } from './asset.ts'
import * as names from './names.ts'
import { endsInParticle, exitCodeOf, stateOfField, stateOfFlag } from './status.ts'
import { camelKind, compoundKind, gradeOf, gradeOfState, momentOf, nameOfCheck, plain, stableTitle, worded } from './values.ts'

/** What was found of an alert, each with the place it was found at; null where nothing told it. */
export interface Facts {
  readonly title: Choice<string> | null
  readonly message: Choice<string> | null
  readonly externalId: Choice<string> | null
  readonly asset: Choice<string> | null
  readonly signature: Choice<string> | null
  readonly severity: Choice<Severity> | null
  readonly status: Choice<AlertStatus> | null
  /** A state in words that nobody knows. */
  readonly state: Choice<string> | null
  readonly startedAt: Choice<number> | null
}

const FLAG_NAMES: names.Tiers = [[...names.ENDED_FLAGS, ...names.BEGAN_FLAGS]]
/** A description this short is a name. */
const SHORT_TITLE = 64
const EXIT_CODE_GRADES = [null, 'medium', 'critical', null] as const
const TYPE_NAMES: names.Tiers = [['.type']]
const GRADE_NAMES: names.Tiers = [['severity', 'severitylevel', '=level', 'currentseverity']]
const BARE_STATES: names.Tiers = [['=status', '=state']]

/** Finds each field by the names of `names.ts`. */
export function factsOf(entries: readonly Entry[]): Facts {
  const title = choose(entries, names.TITLE_NAMES, worded)
  const status = chooseStatus(entries)
  const named = choose(entries, names.SIGNATURE_NAMES, nameOfCheck)
  const externalId = chooseId(entries)
  const asset = chooseAsset(entries, externalId, named)
  const kind = named !== null && named.tier < 2 ? null : choose(entries, names.KIND_NAMES, (text, _, tier) => compoundKind(text) ?? (tier === 0 && text.includes(' ') ? nameOfCheck(text) : null))
  return {
    title,
    message: choose(entries, names.MESSAGE_NAMES, worded),
    externalId,
    asset,
    signature: kind ?? named ?? lastSignature(entries, asset, title),
    severity: chooseSeverity(entries),
    status,
    state: choose(entries, BARE_STATES, plain),
    startedAt: chooseStart(entries, status?.value ?? null),
  }
}

/** A state in words comes first; then news at the root, which is fresher than what a record beside it says of itself; then truth values. */
function chooseStatus(entries: readonly Entry[]): Choice<AlertStatus> | null {
  const told = choose(entries, names.STATUS_NAMES, (text, entry) => {
    const code = exitCodeOf(entry, entries)
    return code === null ? stateOfField(text) : code === 0 ? 'resolved' : 'firing'
  })
  // A grade that says that all is well says more than the kind of the message.
  const well = told === null || told.tier > 0 ? choose(entries, GRADE_NAMES, (text) => (stateOfField(text) === 'resolved' ? 'resolved' : null)) : null
  if (well !== null) return well
  const flag = choose(entries, FLAG_NAMES, (text, { words }) => stateOfFlag(words.join(''), text))
  const isFresh = told !== null && (told.tier === 0 || (told.tier === 1 && told.entry.steps.length === 1))
  if (isFresh && (told.entry.isOwn || flag?.entry.isOwn !== true)) return told
  // The moment of an end is only there when there was one.
  return flag ?? told ?? choose(entries, names.END_TIME_NAMES, (text) => (momentOf(text) === null ? null : 'resolved'))
}

/** What the alert says of itself comes before what a part of it says. */
function chooseSeverity(entries: readonly Entry[]): Choice<Severity> | null {
  const grade = (text: string, entry: Entry): Severity | null => {
    const code = exitCodeOf(entry, entries)
    if (code !== null) return EXIT_CODE_GRADES[code]
    return ['status', 'state', 'type'].includes(entry.words.at(-1) ?? '') && entry.words.join('') !== 'messagetype' ? gradeOfState(text) : gradeOf(text)
  }
  const own = choose(entries.filter(({ isOwn }) => isOwn), names.SEVERITY_NAMES, grade)
  return own !== null && own.tier < names.SEVERITY_NAMES.length - 1 ? own : choose(entries, names.SEVERITY_NAMES, grade)
}

/** Once the problem has ended, a moment that says no more than when something was written is its beginning only where the end is told apart. */
function chooseStart(entries: readonly Entry[], status: AlertStatus | null): Choice<number> | null {
  const found = choose(entries, names.TIME_NAMES, momentOf)
  const isVague = found !== null && found.tier === names.TIME_NAMES.length - 1 && status === 'resolved'
  return isVague && choose(entries, names.END_TIME_NAMES, momentOf) === null ? null : found
}

/** A title names the check where nothing else does, without the state it tells, because that of the end tells another. */
function lastSignature(entries: readonly Entry[], asset: Choice<string> | null, title: Choice<string> | null): Choice<string> | null {
  const bare = title === null ? null : readMarks(title.value).text
  const byTitle = title === null || bare === null ? null : { ...title, value: stableTitle(endsInParticle(bare) ? bare : withoutState(bare)) }
  // A type of several words is the same each time, and a message is not.
  const type = title === null || title.tier === 0 ? null : choose(entries, TYPE_NAMES, camelKind)
  if (type !== null) return type
  if (title !== null && title.tier < 2 && byTitle !== null) return byTitle
  const service = choose(entries, names.SERVICE_NAMES, (text, entry) => (entry === asset?.entry ? null : nameOfCheck(text)))
  if (service !== null || (title !== null && title.value.length <= SHORT_TITLE)) return service ?? byTitle
  return choose(entries, names.LAST_SIGNATURE_NAMES, (text, entry) => (entry === asset?.entry ? null : nameOfCheck(text))) ?? byTitle
}
