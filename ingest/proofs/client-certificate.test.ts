import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { makeCertificate } from '../../test/fakes/certificate.ts'
import { judgeClientCertificate } from './client-certificate.ts'

const DAY_MS = 86_400_000
const nowMs = Date.UTC(2026, 0, 1)
const { pem } = makeCertificate(nowMs - DAY_MS, nowMs + DAY_MS)
const other = makeCertificate(nowMs - DAY_MS, nowMs + DAY_MS).pem
const hexOf = (text: string): string => new X509Certificate(text).fingerprint256.replaceAll(':', '').toLowerCase()
const fingerprint = hexOf(pem)
const bare = pem.replace(/-----[A-Z ]+-----/g, '').replaceAll(/\s/g, '')
const proof = { header: 'x-client-cert', fingerprints: ['00'.repeat(32), fingerprint] }
const judge = (value: string | null, isBehindProxy = true) => judgeClientCertificate(proof, value === null ? {} : { 'x-client-cert': value }, isBehindProxy)

describe('a client certificate', () => {
  test.each([
    ['its fingerprint', fingerprint], ['its fingerprint in capitals with colons', new X509Certificate(pem).fingerprint256],
    ['Envoy’s hash', `Hash=${fingerprint}`], ['Envoy’s hash among others', `By=spiffe://a;Hash="${fingerprint}";Subject="CN=a, O=b";URI=spiffe://c`],
    ['the certificate, URL-encoded', encodeURIComponent(pem)], ['the certificate without its frame', bare],
  ])('counts when the proxy writes %s', (_what, value) => {
    expect(judge(value)).toBe('valid')
  })

  test.each([
    ['another fingerprint', 'ab'.repeat(32)], ['another certificate', encodeURIComponent(other)], ['a fingerprint that is cut', fingerprint.slice(2)], ['SHA-1', 'ab'.repeat(20)],
    ['a word', 'SUCCESS'], ['two of Envoy’s elements', `Hash=${fingerprint},Hash=${hexOf(other)}`], ['two elements of which one has no hash', `By=spiffe://a,Hash=${fingerprint}`], ['two fingerprints', `${fingerprint}, ${fingerprint}`],
    ['the hash within what its owner wrote', `By=spiffe://a;Subject="CN=a;Hash=${fingerprint};O=b"`], ['the same, beside the true one', `Hash=${hexOf(other)};Subject="CN=a;Hash=${fingerprint};O=b"`],
    ['the same, with its quotes escaped', `Hash=${hexOf(other)};Subject="CN=a\\";Hash=${fingerprint};O=\\"b"`], ['a hash behind a quote that never ends', `By="a;Hash=${fingerprint}`],
    ['a certificate that is cut', encodeURIComponent(pem.slice(0, 200))], ['broken encoding', '%E0%A4%A'], ['a header without end', 'A'.repeat(20_000)],
  ])('is refused when the proxy writes %s', (_what, value) => {
    expect(judge(value)).toEqual({ invalid: expect.any(String) as string })
  })

  test.each([null, '', '-'])('is absent when the proxy writes %j', (value) => {
    expect(judge(value)).toBe('absent')
  })

  test('is never believed without a trusted proxy', () => {
    expect(judge(fingerprint, false)).toEqual({ invalid: expect.stringContaining('AW_TRUSTED_PROXIES') as string })
  })
})
