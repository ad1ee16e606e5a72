import type { FastifyInstance } from 'fastify'
import { AppError } from '../../schemas/errors.ts'
import type { Role } from '../../schemas/settings.ts'
import { ME } from '../answers.ts'
import { answers, callerOf, type RouteContext } from '../context.ts'
import { answer, body, ROLE, text, time } from '../json-schema.ts'
import { hashPassword, PASSWORD_MAX, PASSWORD_MIN, verifyPassword } from '../passwords.ts'
import { LoginThrottle } from '../throttle.ts'

const WRONG = 'e-mail or password is wrong'
/** The one body that strangers may have us read: an address and a password, however they are escaped. */
const LOGIN_BYTES = 8_192

/** Log-in, who am I, and the own password. */
export function sessionRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores, clock, authenticator, passwordCost } = context
  const throttle = new LoginThrottle(clock)
  // An unknown address is checked against this, so that it takes as long as a known one.
  const nobody = hashPassword('nobody has this password', passwordCost)

  app.post<{ Body: { email: string; password: string } }>('/api/auth/login', {
    config: { access: 'public' },
    bodyLimit: LOGIN_BYTES,
    schema: {
      tags: ['session'], summary: 'E-mail and password for a token of 12 hours', security: [],
      body: body({ email: text({ minLength: 3, maxLength: 320 }), password: text({ minLength: 1, maxLength: PASSWORD_MAX }) }, ['email', 'password']),
      response: answers({ 200: answer({ token: text(), expiresAt: time(), user: answer({ id: text(), email: text(), name: text(), role: ROLE }) }) }, 400, 401, 429),
    },
  }, async (request) => {
    const { email, password } = request.body
    const giveBack = throttle.attempt(email, request.ip)
    const account = await stores.users.byEmail(email)
    const fits = await verifyPassword(password, account?.passwordHash ?? (await nobody))
    if (!fits || account === null || account.disabled) throw new AppError('unauthorized', WRONG)
    giveBack()
    const { token, expiresAtMs } = await authenticator.issue(account)
    return { token, expiresAt: new Date(expiresAtMs).toISOString(), user: { id: account.id, email: account.email, name: account.name, role: account.role } }
  })

  app.get('/api/me', {
    config: { access: 'read' },
    schema: { tags: ['session'], summary: 'Who the caller is', response: answers({ 200: ME }, 401) },
  }, async (request) => {
    const { kind, id, name, scope } = callerOf(request)
    const role: Role = scope.role
    return { kind, id, name, role, companies: scope.companyIds }
  })

  app.post<{ Body: { currentPassword: string; newPassword: string } }>('/api/me/password', {
    config: { access: 'read' },
    schema: {
      tags: ['session'], summary: 'Change the own password; ends every log-in made with the old one',
      body: body({ currentPassword: text({ minLength: 1, maxLength: PASSWORD_MAX }), newPassword: text({ minLength: PASSWORD_MIN, maxLength: PASSWORD_MAX }) }, ['currentPassword', 'newPassword']),
      response: answers({ 204: { type: 'null' } }, 400, 401, 403, 409, 429),
    },
  }, async (request, reply) => {
    const caller = callerOf(request)
    const account = caller.kind === 'user' ? await stores.users.byId(caller.id) : null
    if (account === null) throw new AppError('forbidden', 'the admin token has no password; it is changed by AW_ADMIN_TOKEN')
    const giveBack = throttle.attempt(account.email, request.ip)
    if (!(await verifyPassword(request.body.currentPassword, account.passwordHash))) throw new AppError('forbidden', 'currentPassword is wrong')
    giveBack()
    await stores.users.changeOwnPassword(caller, account.passwordHash, await hashPassword(request.body.newPassword, passwordCost))
    return reply.code(204).send()
  })
}
