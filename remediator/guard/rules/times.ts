import { refuse, type Rule } from '../case.ts'

/** In a freeze nothing runs, whoever asks or approves. */
export const freeze: Rule = ({ facts, limits }) => {
  // A time that cannot be read counts as frozen.
  const frozen = limits.freezes.filter(({ startsAt, endsAt }) => !(Date.parse(startsAt) > facts.nowMs) && !(facts.nowMs >= Date.parse(endsAt)))
  const [first] = frozen
  if (first === undefined) return null
  const untilMs = Math.max(...frozen.map(({ endsAt }) => Date.parse(endsAt)))
  const known = Number.isFinite(untilMs)
  return refuse('freeze', `Changes are frozen${known ? ` until ${new Date(untilMs).toISOString()}` : ''} (${first.reason}); wait, or end the freeze in the remediation settings.`, known ? untilMs : null)
}

/** Somebody works on these machines by plan, so nothing starts there by itself. */
export const maintenance: Rule = ({ facts, isByPerson }) =>
  facts.maintenance.length === 0 || isByPerson ? null : refuse('maintenance', `A maintenance window is open for the machine (${facts.maintenance.slice(0, 5).join(', ')}); a person may run it, or it is tried again after the window.`)
