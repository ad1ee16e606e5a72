/** Every connector with its fake and what is waived. */
import { zendesk } from '../../../connectors/zendesk/index.ts'
import { startZendesk } from '../../fakes/psa/zendesk.ts'
import type { ConnectorSubject } from './subject.ts'

export const SUBJECTS: readonly ConnectorSubject[] = [
  { connector: zendesk, start: startZendesk, cannot: { time: 'Zendesk keeps time in an app whose fields differ in every account' } },
]
