import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, setCsrfToken } from '@/api/client'
import type { Me, SignedIn } from '@/api/people'

/** Set while somebody is signed in here, so that the first visit does not ask the platform in vain. */
const HINT = 'shuangyin.session'

export const useSession = defineStore('session', () => {
  const me = ref<Me | null>(null)
  const permissions = computed(() => new Set(me.value?.permissions ?? []))
  const mustChangePassword = computed(() => me.value?.must_change_password ?? false)

  function may(permission: string | readonly string[] | undefined): boolean {
    if (permission === undefined) return true
    if (typeof permission === 'string') return permissions.value.has(permission)
    return permission.some((one) => permissions.value.has(one))
  }

  function accept(signedIn: Me, csrf: string): void {
    me.value = signedIn
    setCsrfToken(csrf)
    localStorage.setItem(HINT, '1')
  }

  function forget(): void {
    me.value = null
    setCsrfToken('')
    localStorage.removeItem(HINT)
  }

  function enter(answer: SignedIn): void {
    accept(answer.me, answer.csrf_token)
  }

  async function reload(): Promise<void> {
    const found = await api.get<Me>('/me')
    accept(found, found.csrf_token ?? '')
  }

  /** Finds out at the start who is signed in; nobody is not an error. */
  async function restore(): Promise<void> {
    if (me.value || !localStorage.getItem(HINT)) return
    try {
      await reload()
    } catch {
      forget()
    }
  }

  async function signOut(): Promise<void> {
    try {
      if (me.value?.provider) {
        // Who was vouched for by a provider signs out there as well, or the next person at this browser would be him.
        const { address } = await api.post<{ address: string | null }>('/auth/provider/sign-out')
        if (address) window.location.assign(address)
      } else await api.post('/auth/sign-out')
    } finally {
      forget()
    }
  }

  return { me, permissions, mustChangePassword, may, enter, forget, reload, restore, signOut }
})
