import { expect, it } from 'vitest'
import { baseUrlMistakes } from './base-url.ts'

const mistakes = (url: string): string => baseUrlMistakes(url, 'https://acme.desk.test').join('; ')

it.each([
  'https://169.254.169.254/latest', 'https://169.254.169.254.', 'https://2852039166', 'https://0xa9.0xfe.0xa9.0xfe', 'https://[::ffff:169.254.169.254]', 'https://[::a9fe:a9fe]', 'https://[64:ff9b::169.254.169.254]', 'https://[64:ff9b:1::a9fe:a9fe]', 'https://[2002:a9fe:a9fe::1]',
  'https://[fe80::1]', 'https://[fd00:ec2::254]', 'https://metadata.google.internal', 'https://METADATA.google.internal.', 'https://metadata.', 'https://instance-data', 'https://instance-data.ec2.internal.:443', 'https://168.63.129.16', 'https://100.100.100.200', 'https://192.0.0.192', 'https://0', 'https://[::]',
])('is none where machines find their own credentials, however it is written: %s', (url) => {
  expect(mistakes(url)).toContain('must not be an address that a machine or cloud keeps for itself')
})

it.each(['http://169.254.169.254', 'http://10.0.0.7', 'http://psa.acme.test', 'http://localhost.', 'http://localhost.evil.test', 'http://127.0.0.1.evil.test', 'http://[::ffff:127.0.0.1]', 'ftp://acme.desk.test', 'file:///etc/passwd'])('is https but on this machine: not %s', (url) => {
  expect(mistakes(url)).toContain('must begin with https://')
})

it.each(['https://acme.desk.test/api', 'https://10.0.0.7', 'https://[2001:db8::7]', 'https://psa.internal.acme.test', 'https://metadata.acme.test', 'http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080'])('may be %s', (url) => {
  expect(mistakes(url)).toBe('')
})
