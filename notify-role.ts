/** How the role `notify` is put together: what people are owed, and the ways to tell them. */
import { Counter } from 'prom-client'
import type { Config } from './config.ts'
import { mail } from './connectors/notices/mail.ts'
import { slack } from './connectors/notices/slack.ts'
import { teams } from './connectors/notices/teams.ts'
import { startNotifier } from './connectors/notices/worker.ts'
import { noticeStore } from './storage/notices/store.ts'
import { openSecretBox } from './storage/secret-box.ts'
import type { Stoppable, Surroundings } from './wiring.ts'

/** Role `notify`. `link` makes a one-time link of a request for one person and answers its token. */
export async function startNotify({ engines, clock, logger, metrics }: Surroundings, options: {
  readonly config: Pick<Config, 'mode' | 'notices' | 'url'>
  readonly masterKey: Buffer
  readonly link: (approvalId: string, userId: string) => Promise<string>
}): Promise<Stoppable> {
  const { mode, notices, url } = options.config
  const told = new Counter({ name: 'notices_total', help: 'Attempts to tell somebody, by way and result: sent, again or gave_up.', labelNames: ['kind', 'result'], registers: [metrics.registry] })
  return startNotifier({
    store: noticeStore(await engines.database(), {
      clock, box: openSecretBox(options.masterKey), hasMail: notices.mail !== null, mode, publicUrl: notices.publicUrl ?? url, link: options.link,
      damaged: ({ code, message }) => logger.warn({ code, message }, 'the address of a channel is left out: store it again'),
    }),
    senders: { slack, teams, mail: notices.mail === null ? null : mail({ url: notices.mail.url.reveal(), from: notices.mail.from }) },
    clock, logger, metrics: { told: (kind, result) => told.inc({ kind, result }) },
  })
}
