import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Redactor } from './redact.ts'

/** One seed, so that a run tells the same everywhere; found clean with 20,000 runs of each under others. */
const RUNS = { numRuns: Number(process.env['REDACT_RUNS'] ?? 200), ...(process.env['REDACT_RUNS'] === undefined ? { seed: 4 } : {}) }

const from = (alphabet: string, min: number, max = min): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...alphabet.split('')), minLength: min, maxLength: max })
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const LOWER = UPPER.toLowerCase()
const DIGITS = '0123456789'
const HEX = '0123456789abcdef'
const ALNUM = UPPER + LOWER + DIGITS
const URLSAFE = `${ALNUM}-_`
const PASSWORD = `${ALNUM}!#$%^*()_+-=[]{}|:,.?~@`

/** A password that is no placeholder and no word of the template around it. */
const password = fc.tuple(from(LOWER, 1), from(PASSWORD, 7, 30), from(DIGITS, 2)).map((parts) => parts.join(''))
const octet = fc.integer({ min: 1, max: 254 })
const ipv4 = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.'))
const ipv6 = fc.oneof(fc.ipV6().filter((address) => address.length >= 7 && !/^[:0]*$/.test(address)), fc.tuple(from('abcdef', 4), from(HEX, 4), from(HEX, 1, 4)).map(([a, b, c]) => `2001:db8:${a}::${b}:${c}`))
const mac = fc.tuple(fc.array(from(HEX, 2), { minLength: 6, maxLength: 6 }), fc.constantFrom(':', '-')).map(([parts, by]) => parts.join(by))
const email = fc.tuple(from(LOWER, 3, 10), from(LOWER, 3, 10), from(LOWER, 3, 10), fc.constantFrom('com', 'org', 'co.uk', 'example')).map(([a, b, host, top]) => `${a}.${b}@${host}.${top}`)
const phone = fc.tuple(fc.constantFrom('+44 ', '+1-', '+49', '0044 '), from('123456789', 3), from(DIGITS, 4), from(DIGITS, 3)).map(([country, a, b, c]) => `${country}${a} ${b}${c}`)
const person = fc.tuple(from(LOWER, 4, 9), from(LOWER, 4, 9)).map(([first, last]) => `${first}.${last}x9`)

/** Each kind of secret, and the sentences it turns up in; `@` marks its place. */
const CASES: Readonly<Record<string, { readonly secret: fc.Arbitrary<string>; readonly around: readonly string[] }>> = {
  password: {
    secret: password,
    around: ['password=@', 'login failed: {"user":"x","password":"@"}', 'Password: @', '<password>@</password>', 'DB_PASSWORD=@ started', 'mysqldump --password @ shop', "PGPASSWORD='@' psql", 'the password is @', 'passwd => "@"', 'api_key: @', 'client_secret=@', 'X-Api-Key: @', '{\\"secret\\":\\"@\\"}', 'snmp community=@', 'Server=db;User Id=sa;Password=@'],
  },
  'connection string': { secret: password.filter((text) => !/[/?#[\]:@]/.test(text)), around: ['postgres://app:@@db.example.com:5432/shop', 'amqp://guest:@@10.0.0.1/', 'https://@@git.example.com/x.git', 'mongodb+srv://root:@@cluster0.example.net/?w=1'] },
  'AWS key id': { secret: fc.tuple(fc.constantFrom('AKIA', 'ASIA'), from(UPPER + DIGITS, 16)).map((parts) => parts.join('')), around: ['denied for @', 'key "@" is old', 'id=@', '(@)'] },
  'AWS secret': { secret: fc.tuple(from(UPPER, 2), from(LOWER, 2), from(DIGITS, 2), from(`${ALNUM}/+`, 34)).map((parts) => parts.join('')), around: ['aws_secret_access_key = @', 'AWS_SECRET_ACCESS_KEY=@', '"SecretAccessKey": "@"'] },
  'Azure key': { secret: from(`${ALNUM}+/`, 86).map((key) => `${key}==`), around: ['DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=@;EndpointSuffix=core.windows.net', 'SharedAccessKey=@', 'SharedAccessSignature=sv=2022&sig=@'] },
  'Azure client secret': { secret: fc.tuple(from(ALNUM, 3), from(DIGITS, 1), from(ALNUM, 34)).map(([a, b, c]) => `${a}${b}Q~${c}`), around: ['secret value @ expires', 'using @'] },
  'GCP key': { secret: from(URLSAFE, 35).map((rest) => `AIza${rest}`), around: ['maps key @ is over its quota', '?key=@'] },
  JWT: { secret: fc.tuple(from(URLSAFE, 20, 60), from(URLSAFE, 20, 90), from(URLSAFE, 20, 43)).map(([a, b, c]) => `eyJ${a}.eyJ${b}.${c}`), around: ['token @ is not valid', 'Authorization: Bearer @', 'jwt="@"'] },
  'private key': { secret: from(`${ALNUM}+/`, 64), around: ['-----BEGIN RSA PRIVATE KEY-----\n@\n@\n-----END RSA PRIVATE KEY-----', '-----BEGIN PRIVATE KEY-----\n@\n@', '-----BEGIN OPENSSH PRIVATE KEY-----\\n@\\n-----END OPENSSH PRIVATE KEY-----'] },
  token: { secret: fc.tuple(fc.constantFrom('ghp_', 'gho_', 'glpat-', 'xoxb-', 'sk-ant-', 'sk_live_', 'npm_', 'aw_', 'whsec_', 'hvs.'), from(ALNUM, 36)).map((parts) => parts.join('')), around: ['push with @ refused', '@', 'header: @;'] },
  'basic auth': { secret: from(`${ALNUM}+/`, 16, 40), around: ['Authorization: Basic @', 'curl -H "Authorization: Basic @" x', 'Bearer @ refused'] },
  hash: { secret: from(HEX, 40), around: ['ntlm @', 'digest @ differs'] },
  IPv4: { secret: ipv4, around: ['no route to @', '@:443 refused', 'from @/24', 'src=@ dst=10.1.2.3', '[@]'] },
  IPv6: { secret: ipv6, around: ['no route to @', '[@]:443 refused', 'src=@ port 22'] },
  MAC: { secret: mac, around: ['port down @', 'mac=@'] },
  'e-mail': { secret: email, around: ['mail to @ bounced', '<@>', 'from=@,', 'user=@'] },
  phone: { secret: phone, around: ['call @ now', 'SMS to @ failed', 'phone: @'] },
  person: { secret: person, around: ['user=@', 'login: @', 'Failed password for invalid user @ from 10.0.0.1 port 22', 'username="@"', 'account=@ locked', 'Account Name:\t\t@', 'user @ logged in', 'User "@" is locked', 'CORP\\@ signed in', 'C:\\Users\\@\\Desktop is full', '/home/@/x', 'TargetUserName: @', '{"user":"@"}'] },
}

describe('what leaves', () => {
  it.each(Object.entries(CASES))('holds no %s, wherever it stood', (_, { secret, around }) => {
    fc.assert(fc.property(secret, fc.constantFrom(...around), fc.lorem({ maxCount: 4 }), fc.lorem({ maxCount: 4 }), (hidden, template, before, after) => {
      // A host is restored by name, a secret never.
      const at = template.startsWith('https://') || template.includes('://') ? template.replace('@@', () => `${hidden}@`) : template.replaceAll('@', () => hidden)
      const redactor = new Redactor()
      const sent = redactor.sweep(JSON.stringify([redactor.text(`${before} ${at} ${after}`)]))
      expect(sent.toLowerCase()).not.toContain(hidden.toLowerCase())
    }), RUNS)
  })

  it('holds no secret that a label’s name tells of, or that stood openly elsewhere', () => {
    fc.assert(fc.property(password, person, (hidden, name) => {
      const redactor = new Redactor()
      const sent = redactor.sweep(JSON.stringify([redactor.labels({ db_password: hidden, 'x.token': hidden, user: name, note: `said ${hidden} and ${name}` }), redactor.text(`the log shows ${name}`)]))
      expect(sent).not.toContain(hidden)
      expect(sent).not.toContain(JSON.stringify(hidden).slice(1, -1))
      expect(sent).not.toContain(name)
    }), RUNS)
  })

  it('holds no host name of the company, in full or short, unless the company says so', () => {
    const names = ['db-7.shop.example', 'Printer 4', 'fw1']
    const text = 'DB-7 and db-7.shop.example lost fw1; printer 4 too; db-77 and my-fw1 are others; see vpn.other.example.com'
    const redactor = new Redactor()
    redactor.knowHosts(names)
    expect(redactor.text(text)).toBe('host-1 and host-1 lost host-3; host-2 too; db-77 and my-fw1 are others; see host-4')
    const open = new Redactor({ hidesHosts: false })
    open.knowHosts(names)
    expect(open.text(text)).toBe(text)
  })

  it('keeps what says what is wrong', () => {
    const text = 'Disk C: is 97% full (user: 45%, system: 3.5%) since 2026-11-21 10:14:30; java.lang.OutOfMemoryError in index.js at line 12; load 8.03 5.01 2.2; interface Gi1/0/24 down; HTTP 503 after 30s; password expired'
    expect(new Redactor().text(text)).toBe(text)
  })

  it('gives one thing one placeholder, and puts it back', () => {
    const redactor = new Redactor()
    redactor.knowHosts(['web-1'])
    const sent = redactor.text('WEB-1 at 10.0.0.7 cannot reach 10.0.0.8; 10.0.0.7 answers; user=ada password=hunter2secret')
    expect(sent).toBe('host-1 at ip-1 cannot reach ip-2; ip-1 answers; user=user-1 password=secret-1')
    expect(redactor.restore('host-1 (IP-1) does not reach ip-2 for user-1 with secret-1; host-9 is not there')).toBe('web-1 (10.0.0.7) does not reach 10.0.0.8 for ada with secret-1; host-9 is not there')
    expect(redactor.originalOf('secret-1')).toBeNull()
  })

  it('does not take a machine that is called like a placeholder for one', () => {
    const redactor = new Redactor()
    redactor.knowHosts(['host-2', 'web-1'])
    const sent = redactor.text('web-1 and host-2 and ip-1 are down, 10.0.0.1 too')
    expect(redactor.restore(sent)).toBe('web-1 and host-2 and ip-1 are down, 10.0.0.1 too')
    expect(sent).not.toMatch(/web-1/)
  })

  it('shows a domain that only alert text names so that nobody can click it', () => {
    const redactor = new Redactor()
    const sent = redactor.text('log in at https://reset.evil.example/now')
    expect(sent).not.toContain('evil')
    expect(redactor.restore(sent)).toContain('reset[.]evil[.]example')
  })

  it('sees through invisible characters', () => {
    expect(new Redactor().text('pass\u200bword=hun\u200bter2secret')).toBe('password=secret-1')
    expect(new Redactor().text('ｐａｓｓｗｏｒｄ＝hunter2secret')).toBe('password=secret-1')
  })

  it('takes long hostile text in time that grows with its length alone', () => {
    for (const part of ['password', 'user=', '(', '"\\', 'a.', '1:', '-----BEGIN PRIVATE KEY-----', 'eyJ', '://', '@', '\\\\']) {
      expect(new Redactor().text(part.repeat(40_000), 4_000).length).toBeLessThanOrEqual(20_000)
    }
  })
})
