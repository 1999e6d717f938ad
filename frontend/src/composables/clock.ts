import { onBeforeUnmount, readonly, ref, type Ref } from 'vue'

const minute = ref(Date.now())
let ticking = false

/** The present time for everything that says "today" or "5 minutes ago": one shared clock, moved twice a minute. */
export function useNow(): Readonly<Ref<number>> {
  if (!ticking) {
    ticking = true
    setInterval(() => (minute.value = Date.now()), 30_000)
  }
  return readonly(minute)
}

/** The present time to the second while the component lives, for countdowns. */
export function useSeconds(): Readonly<Ref<number>> {
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), 1000)
  onBeforeUnmount(() => clearInterval(timer))
  return readonly(now)
}
