import { refuse, type Rule } from '../case.ts'

/** The incident went on as part of another one. */
export const incidentMerged: Rule = ({ facts: { incident } }) =>
  incident === null || incident.mergedInto === null ? null : refuse('incident_merged', `The incident was merged into ${incident.mergedInto}; ask for the run there.`)

/** There is nothing left to repair. A person may still run something on a resolved incident, on a closed one nobody. */
export const incidentOver: Rule = ({ facts: { incident }, isByPerson }) => {
  if (incident === null) return null
  if (incident.status === 'closed') return refuse('incident_over', 'The incident is closed; reopen it, or run without an incident.')
  if (isByPerson) return null
  if (incident.status === 'resolved') return refuse('incident_over', 'The incident is resolved; nothing is left to repair.')
  return incident.problem?.status === 'resolved' ? refuse('incident_over', 'The problem has cleared; nothing is left to repair.') : null
}

/** A problem that is kept quiet starts nothing by itself. */
export const problemQuiet: Rule = ({ facts: { incident }, isByPerson }) =>
  isByPerson || incident?.problem?.isSuppressed !== true ? null : refuse('problem_quiet', `The problem is kept quiet${incident.problem.suppression === null ? '' : ` (${incident.problem.suppression})`}; a person may run it.`)

/** What comes and goes by itself would be repaired again and again. */
export const problemFlapping: Rule = ({ facts: { incident }, isByPerson }) =>
  isByPerson || incident === null || !(incident.problem?.flapping === true || incident.findings.includes('flapping')) ? null : refuse('problem_flapping', 'The problem comes and goes; a person has to look at it and may run it.')

/** In a storm the cause is elsewhere, and repairs by the hundred would make it worse. */
export const storm: Rule = ({ facts: { incident }, isByPerson }) =>
  isByPerson || incident?.findings.includes('storm') !== true ? null : refuse('storm', 'The incident is part of a storm; find the common cause first. A person may run it.')
