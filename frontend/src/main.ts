import { createPinia } from 'pinia'
import { createApp } from 'vue'
import 'element-plus/es/components/base/style/css'
import 'element-plus/es/components/message/style/css'
import 'element-plus/es/components/message-box/style/css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import '@/styles/tokens.css'
import '@/styles/base.css'
import { whenSignedOut } from '@/api/client'
import App from '@/App.vue'
import { i18n, showLanguage } from '@/locales'
import { router } from '@/router'
import { useSession } from '@/stores/session'

const app = createApp(App)
app.use(createPinia())
app.use(i18n)
showLanguage()

const session = useSession()
whenSignedOut(() => {
  if (!session.me) return
  session.forget()
  const route = router.currentRoute.value
  if (!route.meta.public) void router.push({ path: '/sign-in', query: { next: route.fullPath, ended: '1' } })
})

void session.restore().then(() => {
  app.use(router)
  app.mount('#app')
})
