/** Every connector with its fake and what is waived. */
import { atera } from '../../../connectors/atera/index.ts'
import { autotask } from '../../../connectors/autotask/index.ts'
import { connectwiseManage } from '../../../connectors/connectwise-manage/index.ts'
import { freshdesk } from '../../../connectors/freshdesk/index.ts'
import { halopsa } from '../../../connectors/halopsa/index.ts'
import { jiraServiceManagement } from '../../../connectors/jira-service-management/index.ts'
import { requestTracker } from '../../../connectors/request-tracker/index.ts'
import { servicenow } from '../../../connectors/servicenow/index.ts'
import { syncromsp } from '../../../connectors/syncromsp/index.ts'
import { zendesk } from '../../../connectors/zendesk/index.ts'
import { zohoDesk } from '../../../connectors/zoho-desk/index.ts'
import { startAtera } from '../../fakes/psa/atera.ts'
import { startAutotask } from '../../fakes/psa/autotask.ts'
import { startConnectwiseManage } from '../../fakes/psa/connectwise-manage.ts'
import { startFreshdesk } from '../../fakes/psa/freshdesk.ts'
import { startHaloPsa } from '../../fakes/psa/halopsa.ts'
import { startJira } from '../../fakes/psa/jira-service-management.ts'
import { startRequestTrackerFake } from '../../fakes/psa/request-tracker.ts'
import { startServicenow } from '../../fakes/psa/servicenow.ts'
import { startSyncro } from '../../fakes/psa/syncromsp.ts'
import { startZendesk } from '../../fakes/psa/zendesk.ts'
import { startZohoDesk } from '../../fakes/psa/zoho-desk.ts'
import type { ConnectorSubject } from './subject.ts'

export const SUBJECTS: readonly ConnectorSubject[] = [
  {
    connector: atera, start: startAtera,
    cannot: {
      attach: 'Atera’s API gives the addresses of files and takes none', time: 'Atera’s API gives work hours to read only', parent: 'Atera’s API shows relations of tickets and sets none', assets: 'a ticket of Atera’s names no machine; the machine stands in its text',
      changes: 'webhooks are an action of automation rules that only some plans have, so it is polled',
    },
    waivers: { 'gives a ticket to a technician, to another, and takes it away': 'the field for the technician takes an id and nothing else, so nobody can be taken away' },
  },
  { connector: autotask, start: startAutotask, cannot: { knowledge: 'the description of Autotask we are held to has no articles' } },
  {
    connector: connectwiseManage, start: startConnectwiseManage, beside: /\/system\/members$/, cannot: { knowledge: 'the description of ConnectWise we are held to has no articles' },
    waivers: { 'knows no webhook whose signature is wrong, absent, or of another body': 'ConnectWise signs with a key of its own behind Metadata.key_url, so a secret of ours plays no part; connectors/connectwise-manage/hook.test.ts has the rest of it' },
  },
  { connector: freshdesk, start: startFreshdesk, beside: /\/agents$/, cannot: { assets: 'Freshdesk keeps no machines; its sister Freshservice does' } },
  { connector: halopsa, start: startHaloPsa, beside: /\/Agent/, cannot: { knowledge: 'the description of HaloPSA’s API that calls are held to has no call for its knowledge base' } },
  { connector: jiraServiceManagement, start: startJira, beside: /\/api\/2\/field$/, cannot: { assets: 'machines are kept in Assets, an interface of its own with its own address and plan' } },
  { connector: requestTracker, start: startRequestTrackerFake, cannot: { assets: 'RT keeps assets in catalogs that know no customer', changes: 'RT posts to nobody of itself' } },
  { connector: servicenow, start: startServicenow, cannot: { time: 'an incident has a stop watch for people, and time cards belong to resource management' } },
  {
    connector: syncromsp, start: startSyncro, beside: /\/users/,
    cannot: { attach: 'Syncro takes files by a public address alone, and ours have none', parent: 'Syncro’s API shows the parent of a ticket and takes none', knowledge: 'the description of Syncro’s API that calls are held to has no call for its documentation' },
    waivers: { 'gives a ticket to a technician, to another, and takes it away': 'the field for the technician takes an id and nothing else, so nobody can be taken away' },
  },
  { connector: zendesk, start: startZendesk, cannot: { time: 'Zendesk keeps time in an app whose fields differ in every account' } },
  {
    connector: zohoDesk, start: startZohoDesk, beside: /\/myinfo$/,
    cannot: { parent: 'a parent can be given when a ticket is made, but not later, and is never told', assets: 'Zoho Desk keeps products and no machines' },
    waivers: { 'tells into which a technician merged it': 'a merged ticket is gone over there, and nothing says into which it went' },
  },
]
