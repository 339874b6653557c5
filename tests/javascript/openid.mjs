// One flow of openid-client against the vault. Stdin: {issuer, flow, client_id, ...}; stdout: what came of it, as JSON.
import { readFileSync } from 'node:fs'
import * as client from 'openid-client'

const given = JSON.parse(readFileSync(0, 'utf8'))
const ALGORITHMS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  Ed25519: { name: 'Ed25519' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
}

async function authentication() {
  if (given.secret) return client.ClientSecretBasic(given.secret)
  const { kid, ...jwk } = given.jwk
  const key = await crypto.subtle.importKey('jwk', jwk, ALGORITHMS[given.algorithm], false, ['sign'])
  return client.PrivateKeyJwt({ key, kid })
}

async function configuration() {
  const options = { algorithm: 'oauth2', execute: [client.allowInsecureRequests] }
  return client.discovery(new URL(given.issuer), given.client_id, undefined, await authentication(), options)
}

async function dpop(config) {
  return given.dpop ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair(given.dpop)) } : {}
}

async function resource(config, token, options, path, method = 'POST', body = '{}') {
  const headers = new Headers({ 'content-type': 'application/json' })
  const url = new URL(path, given.issuer)
  const sent = method === 'GET' ? undefined : body
  const answer = await client.fetchProtectedResource(config, token, url, method, sent, headers, options)
  return { status: answer.status, body: await answer.json() }
}

const FLOWS = {
  async token(config) {
    const options = await dpop(config)
    const token = await client.clientCredentialsGrant(config, given.parameters ?? {}, options)
    const asked = given.question
      ? await resource(config, token.access_token, options, '/v1/decisions', 'POST', JSON.stringify(given.question))
      : undefined
    return { metadata: config.serverMetadata(), token, asked }
  },
  async introspect(config) {
    const token = await client.clientCredentialsGrant(config, given.parameters ?? {})
    const living = await client.tokenIntrospection(config, token.access_token)
    await client.tokenRevocation(config, token.access_token)
    const revoked = await client.tokenIntrospection(config, token.access_token)
    let refused
    try {
      refused = await resource(config, token.access_token, {}, '/v1/decisions', 'POST', JSON.stringify(given.question))
    } catch (error) {
      refused = { status: error.status, challenges: error.cause }
    }
    return { living, revoked, refused }
  },
  async exchange(config) {
    const options = await dpop(config)
    const grant = 'urn:ietf:params:oauth:grant-type:token-exchange'
    const token = await client.genericGrantRequest(config, grant, given.parameters, options)
    return { token, me: await resource(config, token.access_token, options, '/v1/me', 'GET') }
  },
}

try {
  console.log(JSON.stringify(await FLOWS[given.flow](await configuration())))
} catch (error) {
  const { error: code, status, error_description: description } = error.error ? error : (error.cause ?? {})
  console.log(JSON.stringify({ failed: { name: error.name, message: error.message, error: code, status, description } }))
}
