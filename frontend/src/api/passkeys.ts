import { ApiProblem } from './problem'
import { translate } from '@/locales'

/** What authenticators are asked through the browser: the platform's options in, the answer as text out. */
type Options = Record<string, unknown>

/** Passkeys need a secure address (https, or this machine) and a browser that reads options as JSON. */
export function passkeysWork(): boolean {
  return typeof PublicKeyCredential !== 'undefined' && 'parseRequestOptionsFromJSON' in PublicKeyCredential
}

/** The person turned away, let the time run out, or the authenticator has nothing for this address. */
function declined(error: unknown): never {
  if (error instanceof DOMException) throw new ApiProblem(0, 'PASSKEY_DECLINED', translate('passkeys.title'), translate('passkeys.declined'))
  throw error
}

function textOf(credential: Credential | null): string {
  if (!(credential instanceof PublicKeyCredential)) throw new DOMException('no credential', 'NotAllowedError')
  return JSON.stringify(credential.toJSON())
}

export async function answerOfPasskey(options: Options): Promise<string> {
  try {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as unknown as PublicKeyCredentialRequestOptionsJSON)
    return textOf(await navigator.credentials.get({ publicKey }))
  } catch (error) {
    return declined(error)
  }
}

export async function newPasskey(options: Options): Promise<string> {
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as unknown as PublicKeyCredentialCreationOptionsJSON)
    return textOf(await navigator.credentials.create({ publicKey }))
  } catch (error) {
    return declined(error)
  }
}
