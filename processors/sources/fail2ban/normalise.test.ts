import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { fail2ban } from './index.ts'

const FOLDER = import.meta.dirname
const CONTEXT = { contentType: 'application/json', headers: {}, receivedAtMs: 0 }

describeGolden(fail2ban, FOLDER)

describe('identity', () => {
  it('is the same when an address is banned, banned again and unbanned', () => {
    const found = ['firing', 'repeat', 'resolved'].map((name) => {
      const [alert] = runGolden(fail2ban, FOLDER, name)
      return alert === undefined || 'rejected' in alert ? null : { externalId: alert.externalId, asset: alert.asset, signature: alert.signature, status: alert.status }
    })
    const [firing, repeat, resolved] = found
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
    expect(resolved).toEqual({ ...firing, status: 'resolved' })
  })
})

describe('sentences', () => {
  it.each([
    ['[Fail2Ban] sshd: banned 198.51.100.7 from web-1', { asset: 'web-1', signature: 'sshd', status: 'firing', labels: { bannedIp: '198.51.100.7' } }],
    ['The IP 2001:db8::7 has just been banned by Fail2Ban after 5 attempts against nginx-http-auth.', { signature: 'nginx-http-auth', status: 'firing', labels: { bannedIp: '2001:db8::7' } }],
    ['[Fail2Ban] sshd: unbanned 198.51.100.7 from web-1', { asset: 'web-1', signature: 'sshd', status: 'resolved' }],
  ])('%s', (text, expected) => {
    expect(fail2ban.normalise({ text }, CONTEXT)).toMatchObject([expected])
    expect(fail2ban.normalise(text, CONTEXT)).toMatchObject([expected])
  })

  it('about a jail that started carry no alert', () => {
    expect(fail2ban.normalise({ text: '[Fail2Ban] The jail sshd has been started successfully on web-1' }, CONTEXT)).toEqual([])
    expect(fail2ban.normalise({ action: 'start', jail: 'sshd' }, CONTEXT)).toEqual([])
  })
})
