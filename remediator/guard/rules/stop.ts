import { refuse, type Rule } from '../case.ts'

/** The stop switches: of the MSP for everybody, of a company for itself. They count in every mode and for everybody who asks. */
export const stopped: Rule = ({ limits: { stoppedBy, stoppedReason } }) => {
  const reason = stoppedReason === null ? '' : ` (${stoppedReason})`
  if (stoppedBy === 'msp') return refuse('stopped_globally', `The MSP has stopped all runs${reason}. An MSP Admin has to release the stop switch.`)
  if (stoppedBy === 'company') return refuse('stopped_company', `The company has stopped all of its runs${reason}. A Company Admin or an MSP Admin has to release its stop switch.`)
  return null
}
