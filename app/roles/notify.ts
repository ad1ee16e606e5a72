/** How the role `notify` is put together: what people are owed, and the ways to tell them. */
import { Counter } from 'prom-client'
import { signedLinks } from '../../api/signed-links.ts'
import type { Config } from '../../config.ts'
import { mail } from '../../connectors/notices/mail.ts'
import { slack } from '../../connectors/notices/slack.ts'
import { teams } from '../../connectors/notices/teams.ts'
import { startNotifier } from '../../connectors/notices/worker.ts'
import type { Caller } from '../../schemas/access.ts'
import { noticeStore } from '../../storage/notices/store.ts'
import { jwtSecret } from '../../storage/queries/installation.ts'
import { approvalStore } from '../../storage/remediation/approval-store.ts'
import { openSecretBox, type MasterKey } from '../../storage/secret-box.ts'
import type { Stoppable, Surroundings } from './wiring.ts'

/** Whom a link is made by: the program, for the person it tells. */
const NOTIFIER: Caller = { kind: 'system', id: 'notify', name: 'Alert Whisperer', ip: null, scope: { role: 'msp_admin', userId: 'notify', companyIds: 'all' } }

/** Role `notify`. */
export async function startNotify({ engines, clock, logger, metrics }: Surroundings, options: {
  readonly config: Pick<Config, 'mode' | 'notices' | 'url'>
  readonly masterKey: MasterKey
}): Promise<Stoppable> {
  const { mode, notices, url } = options.config
  const told = new Counter({ name: 'notices_total', help: 'Attempts to tell somebody, by way and result: sent, again or gave_up.', labelNames: ['kind', 'result'], registers: [metrics.registry] })
  const database = await engines.database()
  const box = openSecretBox(options.masterKey)
  const approvals = signedLinks(approvalStore(database, { clock, decided: () => undefined }), await jwtSecret(database, box))
  return startNotifier({
    store: noticeStore(database, {
      clock, box, hasMail: notices.mail !== null, mode, publicUrl: notices.publicUrl ?? url, link: async (approvalId, userId) => (await approvals.link(NOTIFIER, approvalId, userId)).token,
      damaged: ({ code, message }) => logger.warn({ code, message }, 'the address of a channel is left out: store it again'),
    }),
    senders: { slack, teams, mail: notices.mail === null ? null : mail({ url: notices.mail.url.reveal(), from: notices.mail.from }) },
    clock, logger, metrics: { told: (kind, result) => told.inc({ kind, result }) },
  })
}
