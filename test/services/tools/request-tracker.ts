/** Debian's Request Tracker 5 with SQLite, in a folder of its own, and a technician who works in its web pages as a browser would. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureDebian, run, type Report } from '../packages.ts'
import { freePort } from '../ports.ts'
import { program, type Program } from '../program.ts'

const PACKAGES = ['request-tracker5', 'rt5-standalone', 'rt5-db-sqlite', 'dbconfig-no-thanks', 'msmtp-mta']
const SHARE = '/usr/share/request-tracker5'
const PASSWORD = 'correct horse battery'
/** Rights of the guide of the connector, and no more. */
const RIGHTS = ['SeeQueue', 'ShowTicket', 'ShowTicketComments', 'CreateTicket', 'ReplyToTicket', 'CommentOnTicket', 'ModifyTicket', 'OwnTicket', 'ReassignTicket']

/** RT that runs, with a queue, a user for us and a technician. */
export interface RequestTracker {
  readonly url: string
  readonly queue: string
  /** The user the connector writes as. */
  readonly us: { readonly user: string; readonly token: string; readonly password: string }
  readonly technician: Technician
  /** A ticket as RT's administrator sees it over REST. */
  ticket(id: string): Promise<RtTicket>
  /** Numbers of the tickets of the queue, merged and deleted ones too, oldest first. */
  tickets(): Promise<readonly string[]>
  /** Everything said in a ticket, oldest first. */
  said(id: string): Promise<readonly { readonly type: string; readonly by: string; readonly text: string; readonly file: string }[]>
  /** Mails RT has sent so far. */
  mails(): string
  stop(): Promise<void>
}

/** What a test looks at of a ticket. */
export interface RtTicket {
  readonly id: number
  readonly Subject: string
  readonly Status: string
  readonly Priority: string
  readonly Owner: { readonly id: string }
  readonly TimeWorked: string
  readonly EffectiveId: { readonly id: string }
}

/** A person in RT's web pages. */
export interface Technician {
  readonly name: string
  comment(id: string, text: string): Promise<void>
  reply(id: string, text: string): Promise<void>
  /** Changes the basics of a ticket: `Status`, `Owner`, `Subject`, `Priority`. */
  change(id: string, fields: Readonly<Record<string, string>>): Promise<void>
  merge(id: string, into: string): Promise<void>
  make(subject: string): Promise<string>
}

/** Makes a database in the folder, and starts RT on a free port. */
export async function startRequestTracker(folder: string, report?: Report): Promise<RequestTracker> {
  await ensureDebian('rt-setup-database-5', PACKAGES, report)
  const port = await freePort()
  const env = { RT_SITE_CONFIG: join(folder, 'site.pm'), RT_SITE_CONFIG_DIR: join(folder, 'site.d') }
  const [mails, sendmail, rootPassword] = [join(folder, 'mails'), join(folder, 'sendmail'), join(folder, 'root-password')]
  for (const name of ['site.d', 'mason', 'sessions']) mkdirSync(join(folder, name))
  writeFileSync(mails, '')
  writeFileSync(sendmail, `#!/bin/sh\ncat >> '${mails}'\n`)
  chmodSync(sendmail, 0o755)
  writeFileSync(rootPassword, `${PASSWORD}\n`)
  writeFileSync(env.RT_SITE_CONFIG, siteConfig(folder, port, sendmail))
  await run('rt-setup-database-5', ['--action', 'init', '--force', '--dba-password', '', '--root-password-file', rootPassword], { env, timeoutMs: 120_000 })
  const script = join(folder, 'people.pl')
  writeFileSync(script, PEOPLE)
  const token = (await run('perl', [script, PASSWORD, ...RIGHTS], { env, timeoutMs: 60_000 })).trim().split('\n').at(-1) ?? ''

  const url = `http://127.0.0.1:${port}`
  const server = program({
    name: 'Request Tracker', command: '/usr/bin/env', args: [...Object.entries(env).map(([name, value]) => `${name}=${value}`), `${SHARE}/libexec/rt-server`, '--host', '127.0.0.1', '--port', String(port), '--server', 'Starlet', '--max-workers', '3'],
    logFile: join(folder, 'rt.log'), readyWithinMs: 120_000, probe: async () => (await rest(url, 'GET', '/rt')).ok,
  })
  await server.start()
  return opened(url, token, mails, server)
}

function opened(url: string, token: string, mails: string, server: Program): RequestTracker {
  const read = async <T>(path: string): Promise<T> => {
    const answer = await rest(url, 'GET', path)
    if (!answer.ok) throw new Error(`reading ${path} of RT: ${answer.status} ${await answer.text()}`)
    return await answer.json() as T
  }
  return {
    url, queue: 'General', us: { user: 'alert-whisperer', token, password: PASSWORD }, technician: technician(url, 'thea'),
    ticket: (id) => read(`/ticket/${id}`),
    tickets: async () => (await read<{ items: { id: string }[] }>(`/tickets?${new URLSearchParams({ query: `Queue = 'General' AND EffectiveId > 0 AND Status != 'none'`, orderby: 'id', order: 'ASC', per_page: '100' }).toString()}`)).items.map(({ id }) => id),
    async said(id) {
      const query = (fields: string): string => new URLSearchParams({ fields, orderby: 'id', order: 'ASC', per_page: '100' }).toString()
      const types = new Map((await read<{ items: { id: string; Type: string }[] }>(`/ticket/${id}/history?${query('Type')}`)).items.map((one) => [one.id, one.Type]))
      const { items } = await read<{ items: { TransactionId: string; Creator: { id: string }; Content: string | null; Filename: string }[] }>(`/ticket/${id}/attachments?${query('TransactionId,Creator,Content,Filename')}`)
      return items.map(({ TransactionId, Creator, Content, Filename }) => ({ type: types.get(TransactionId) ?? '', by: Creator.id, text: Content ?? '', file: Filename }))
    },
    mails: () => readFileSync(mails, 'utf8'),
    stop: () => server.stop(),
  }
}

function rest(url: string, method: string, path: string): Promise<Response> {
  return fetch(`${url}/REST/2.0${path}`, { method, headers: { authorization: `Basic ${Buffer.from(`root:${PASSWORD}`).toString('base64')}` } })
}

/** Logs in as a browser does and posts RT's own forms. */
function technician(url: string, name: string): Technician {
  let session: Promise<string> | null = null
  const logIn = async (): Promise<string> => {
    const answer = await fetch(`${url}/NoAuth/Login.html`, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ user: name, pass: PASSWORD, next: '' }) })
    const cookie = answer.headers.getSetCookie().map((one) => one.split(';')[0] ?? '').join('; ')
    if (!cookie.includes('RT_SID')) throw new Error(`${name} cannot log in to RT: ${answer.status}`)
    return cookie
  }
  const post = async (page: string, fields: Readonly<Record<string, string>>): Promise<Response> => {
    const cookie = await (session ??= logIn())
    const answer = await fetch(`${url}${page}`, { method: 'POST', redirect: 'manual', headers: { cookie, referer: `${url}/` }, body: new URLSearchParams(fields) })
    if (answer.status >= 400) throw new Error(`${page} of RT: ${answer.status} ${(await answer.text()).slice(0, 500)}`)
    return answer
  }
  const say = (id: string, type: 'private' | 'response', text: string): Promise<Response> => post('/Ticket/Update.html', { id, UpdateType: type, UpdateContentType: 'text/plain', UpdateContent: text, SubmitTicket: '1' })
  return {
    name,
    comment: async (id, text) => { await say(id, 'private', text) },
    reply: async (id, text) => { await say(id, 'response', text) },
    change: async (id, fields) => { await post('/Ticket/Modify.html', { id, SubmitTicket: '1', ...fields }) },
    merge: async (id, into) => { await post('/Ticket/ModifyLinks.html', { id, [`${id}-MergeInto`]: into, SubmitTicket: '1' }) },
    async make(subject) {
      const answer = await post('/Ticket/Create.html', { id: 'new', Queue: '1', Subject: subject, Content: 'made by hand', ContentType: 'text/plain', Status: 'new', SubmitTicket: '1' })
      const id = /[?&]id=(\d+)/.exec(answer.headers.get('location') ?? '')?.[1]
      if (id === undefined) throw new Error(`RT made no ticket: ${answer.status} ${(await answer.text()).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').slice(0, 500)}`)
      return id
    },
  }
}

function siteConfig(folder: string, port: number, sendmail: string): string {
  return [
    `Set($rtname, 'aw-test');`, `Set($Organization, 'aw.test');`, `Set($WebDomain, '127.0.0.1');`, `Set($WebPort, ${port});`, `Set($WebPath, '');`, `Set($DatabaseType, 'SQLite');`, `Set($DatabaseName, '${join(folder, 'rt.sqlite')}');`,
    `Set($LogToSyslog, undef);`, `Set($LogToSTDERR, 'warning');`, `Set($MailCommand, 'sendmailpipe');`, `Set($SendmailPath, '${sendmail}');`, `Set($WebSecureCookies, 0);`, `Set($Timezone, 'America/New_York');`,
    // Each call proves itself anew, and at RT's own cost of a password that alone takes a quarter of a second.
    `Set($BcryptCost, 4);`,
    // The forms are posted without the pages they stand on.
    `Set($RestrictReferrer, 0);`, `Set($WebSessionClass, 'Apache::Session::File');`, `Set(%GnuPG, Enable => 0);`, `Set(%SMIME, Enable => 0);`,
    `$RT::VarPath = '${folder}';`, `$RT::MasonDataDir = '${join(folder, 'mason')}';`, `$RT::MasonSessionDir = '${join(folder, 'sessions')}';`, '1;', '',
  ].join('\n')
}

/** Makes the people and prints the token; done with RT's own library, for a fresh RT has nobody who could do it over REST with a token. */
const PEOPLE = `use strict; use warnings; use lib '${SHARE}/lib';
use RT; RT::LoadConfig(); RT::Init();
require RT::AuthToken;
my ($password, @rights) = @ARGV;
sub user { my ($name, $mail) = @_; my $user = RT::User->new(RT->SystemUser); my ($id, $why) = $user->Create(Name => $name, RealName => ucfirst $name, EmailAddress => $mail, Password => $password, Privileged => 1); die $why unless $id; return $user }
my $queue = RT::Queue->new(RT->SystemUser); $queue->Load('General');
my ($us, $thea) = (user('alert-whisperer', 'aw@aw.test'), user('thea', 'thea@aw.test'));
for my $right (@rights) { for my $who ($us, $thea) { my ($ok, $why) = $who->PrincipalObj->GrantRight(Right => $right, Object => $queue); die "$right: $why" unless $ok } }
my $token = RT::AuthToken->new(RT->SystemUser);
my ($id, $why, $text) = $token->Create(Owner => $us->id, Description => 'Alert Whisperer'); die $why unless $id;
print "$text\\n";
`
