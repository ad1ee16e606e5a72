/** Every connector with its fake and what is waived. */
import { servicenow } from '../../../connectors/servicenow/index.ts'
import { zendesk } from '../../../connectors/zendesk/index.ts'
import { startServicenow } from '../../fakes/psa/servicenow.ts'
import { startZendesk } from '../../fakes/psa/zendesk.ts'
import type { ConnectorSubject } from './subject.ts'

export const SUBJECTS: readonly ConnectorSubject[] = [
  { connector: servicenow, start: startServicenow, cannot: { time: 'an incident has a stop watch for people, and time cards belong to resource management' } },
  { connector: zendesk, start: startZendesk, cannot: { time: 'Zendesk keeps time in an app whose fields differ in every account' } },
]
