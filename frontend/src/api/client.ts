import { translate, currentLanguage } from '@/locales'
import { ApiProblem, problemOf } from './problem'

export const API_ROOT = '/api/v1'

type QueryValue = string | number | boolean | null | undefined
export type Query = Record<string, QueryValue>

interface Call {
  query?: Query
  body?: unknown
  form?: FormData
  /** The version that was read; a change of something newer is refused. */
  version?: number | null
  /** Repeating a call with the same key gives the first answer again instead of doing the work twice. */
  key?: string
  signal?: AbortSignal
}

/** So long after the last touch or key what a page reads anew is read by itself, and keeps no session alive. */
const AWAY_MS = 60_000
let touchedAt = Date.now()
for (const sign of ['pointerdown', 'keydown', 'wheel', 'touchstart']) {
  globalThis.addEventListener?.(sign, () => (touchedAt = Date.now()), { capture: true, passive: true })
}

let csrfToken = ''
let onSignedOut: () => void = () => undefined

export function setCsrfToken(token: string): void {
  csrfToken = token
}

/** What to do when the platform says that nobody is signed in any more. */
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback
}

/** A fresh idempotency key. `crypto.randomUUID` is missing on plain http, so the bytes are drawn directly. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function addressOf(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') parameters.set(name, String(value))
  }
  const text = parameters.toString()
  return `${API_ROOT}${path}${text ? `?${text}` : ''}`
}

function headersOf(method: string, call: Call): Headers {
  const headers = new Headers({ 'Accept-Language': currentLanguage() })
  if (method !== 'GET') headers.set('X-CSRF-Token', csrfToken)
  else if (Date.now() - touchedAt > AWAY_MS) headers.set('X-Background', '1')
  if (call.body !== undefined) headers.set('Content-Type', 'application/json')
  if (call.version != null) headers.set('If-Match', `"${call.version}"`)
  if (call.key) headers.set('Idempotency-Key', call.key)
  return headers
}

async function send(method: string, path: string, call: Call): Promise<Response> {
  let response: Response
  try {
    response = await fetch(addressOf(path, call.query), {
      method,
      headers: headersOf(method, call),
      body: call.form ?? (call.body === undefined ? undefined : JSON.stringify(call.body)),
      credentials: 'same-origin',
      signal: call.signal,
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiProblem(0, 'NETWORK', translate('problem.networkTitle'), translate('problem.network'))
  }
  if (response.ok) return response
  const problem = await problemOf(response, translate('problem.unreadable', { status: response.status }))
  if (problem.status === 401 && problem.code === 'UNAUTHENTICATED') onSignedOut()
  throw problem
}

async function json<T>(method: string, path: string, call: Call): Promise<T> {
  const response = await send(method, path, call)
  const text = await response.text()
  return (text ? JSON.parse(text) : undefined) as T
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => json<T>('GET', path, { query, signal }),
  post: <T>(path: string, body: unknown = {}, call: Omit<Call, 'body'> = {}) =>
    json<T>('POST', path, { ...call, body: call.form ? undefined : body }),
  put: <T>(path: string, body: unknown, call: Omit<Call, 'body'> = {}) =>
    json<T>('PUT', path, { ...call, body: call.form ? undefined : body }),
  patch: <T>(path: string, body: unknown, call: Omit<Call, 'body'> = {}) => json<T>('PATCH', path, { ...call, body }),
  remove: <T>(path: string, call: Call = {}) => json<T>('DELETE', path, call),
  async bytes(path: string, query?: Query, signal?: AbortSignal): Promise<ArrayBuffer> {
    return (await send('GET', path, { query, signal })).arrayBuffer()
  },
  async blob(path: string, query?: Query): Promise<Blob> {
    return (await send('GET', path, { query })).blob()
  },
}

/** Uploads with progress, which `fetch` does not report. */
export function upload<T>(path: string, form: FormData, onProgress: (share: number) => void, key?: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', addressOf(path))
    headersOf('POST', { key }).forEach((value, name) => request.setRequestHeader(name, value))
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total)
    request.onerror = () =>
      reject(new ApiProblem(0, 'NETWORK', translate('problem.networkTitle'), translate('problem.network')))
    request.onload = async () => {
      if (request.status >= 200 && request.status < 300) {
        resolve(JSON.parse(request.responseText) as T)
        return
      }
      const response = new Response(request.responseText, { status: request.status || 500 })
      const problem = await problemOf(response, translate('problem.unreadable', { status: request.status }))
      if (problem.status === 401 && problem.code === 'UNAUTHENTICATED') onSignedOut()
      reject(problem)
    }
    request.send(form)
  })
}

/** Hands bytes of the platform to the browser as a file of this name. */
export async function saveFile(path: string, name: string, query?: Query): Promise<void> {
  const address = URL.createObjectURL(await api.blob(path, query))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
