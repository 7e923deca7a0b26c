/* The built-in company: Juniper Works, who build boats, and Harbor & Pine, who sell them. */
#include <stddef.h>

#include "seed.h"
#include "text.h"

/* In pieces: C11 promises only 4095 characters for one string. */
static const char *const pieces[] = {
    "{\"users\":["
    "{\"id\":\"user_01JUNIPER0000000000000MIRA\",\"email\":\"mira.holt@juniper.example\","
    "\"first_name\":\"Mira\",\"last_name\":\"Holt\",\"password\":\"latchkey-demo\",\"email_"
    "verified\":true},"
    "{\"id\":\"user_01JUNIPER0000000000000T0MA\",\"email\":\"tomas.berg@juniper.example\","
    "\"first_name\":\"Tomás\",\"last_name\":\"Berg\",\"password\":\"latchkey-demo\",\"email_"
    "verified\":true},"
    "{\"id\":\"user_01JUNIPER0000000000000AYAN\",\"email\":\"aya.nakamura@juniper.example\","
    "\"first_name\":\"Aya\",\"last_name\":\"Nakamura\",\"totp_secret\":"
    "\"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\",\"password\":\"latchkey-demo\",\"email_verified\":true},"
    "{\"id\":\"user_01JUNIPER0000000000000SAM0\",\"email\":\"samuel.adeyemi@juniper.example\","
    "\"first_name\":\"Samuel\",\"last_name\":\"Adeyemi\",\"password\":\"latchkey-demo\",\"email_"
    "verified\":true},"
    "{\"id\":\"user_01HARB0R00000000000000E1SE\",\"email\":\"elise.martin@harborpine.example\","
    "\"first_name\":\"Élise\",\"last_name\":\"Martin\",\"password\":\"latchkey-demo\",\"email_"
    "verified\":true},"
    "{\"id\":\"user_01HARB0R00000000000000R0BN\",\"email\":\"robin.castell@harborpine.example\","
    "\"first_name\":\"Robin\",\"last_name\":\"Castell\",\"password\":\"latchkey-demo\",\"email_"
    "verified\":true,"
    "\"oauth_provider\":\"GoogleOAuth\"}],",
    "\"roles\":["
    "{\"slug\":\"admin\",\"name\":\"Admin\",\"permissions\":[\"directory:read\",\"members:manage\","
    "\"settings:manage\"]},"
    "{\"slug\":\"manager\",\"name\":\"Manager\",\"permissions\":[\"directory:read\"]},"
    "{\"slug\":\"member\",\"name\":\"Member\",\"permissions\":[]}],",
    "\"organizations\":["
    "{\"id\":\"org_01JUNIPER00000000000000W0RK\",\"name\":\"Juniper Works\","
    "\"domains\":[{\"domain\":\"juniper.example\"}],\"memberships\":["
    "{\"email\":\"mira.holt@juniper.example\",\"role\":\"admin\"},"
    "{\"email\":\"tomas.berg@juniper.example\",\"role\":\"manager\"},"
    "{\"email\":\"aya.nakamura@juniper.example\",\"role\":\"member\"},"
    "{\"email\":\"samuel.adeyemi@juniper.example\",\"role\":\"member\"}]},"
    "{\"id\":\"org_01HARB0R000000000000000P1NE\",\"name\":\"Harbor & Pine\","
    "\"domains\":[{\"domain\":\"harborpine.example\"}],\"memberships\":["
    "{\"email\":\"elise.martin@harborpine.example\",\"role\":\"admin\"},"
    "{\"email\":\"robin.castell@harborpine.example\",\"role\":\"member\"},"
    "{\"email\":\"samuel.adeyemi@juniper.example\",\"role\":\"manager\"}]}],",
    "\"connections\":["
    "{\"id\":\"conn_01JUNIPER0000000000000SS0\",\"name\":\"Juniper Okta\","
    "\"connection_type\":\"OktaSAML\",\"organization\":\"Juniper Works\","
    "\"domains\":[\"juniper.example\"],\"profiles\":["
    "{\"id\":\"prof_01JUNIPER000000000000M1RA\",\"email\":\"mira.holt@juniper.example\","
    "\"first_name\":\"Mira\",\"last_name\":\"Holt\",\"idp_id\":\"00u1mira\",\"role\":\"admin\","
    "\"groups\":[\"Everybody\",\"Design\"]},"
    "{\"id\":\"prof_01JUNIPER000000000000T0MA\",\"email\":\"tomas.berg@juniper.example\","
    "\"first_name\":\"Tomás\",\"last_name\":\"Berg\",\"idp_id\":\"00u2tomas\",\"role\":\"manager\","
    "\"groups\":[\"Everybody\",\"Workshop\"]},"
    "{\"id\":\"prof_01JUNIPER000000000000AYA0\",\"email\":\"aya.nakamura@juniper.example\","
    "\"first_name\":\"Aya\",\"last_name\":\"Nakamura\",\"idp_id\":\"00u3aya\","
    "\"groups\":[\"Everybody\",\"Design\"]}]}],",
    "\"directories\":["
    "{\"id\":\"directory_01JUNIPER00000000000STAFF\",\"name\":\"Juniper Works staff\","
    "\"type\":\"okta scim v2.0\",\"organization\":\"Juniper Works\",\"groups\":["
    "{\"name\":\"Everybody\"},{\"name\":\"Design\"},{\"name\":\"Workshop\"},{\"name\":\"Night "
    "watch\"}],"
    "\"users\":[",
    "{\"email\":\"mira.holt@juniper.example\",\"first_name\":\"Mira\",\"last_name\":\"Holt\","
    "\"idp_id\":\"00u1mira\",\"role\":\"admin\",\"custom_attributes\":{\"department_name\":"
    "\"Design\","
    "\"job_title\":\"Head of design\",\"employee_type\":\"full-time\"},"
    "\"groups\":[\"Everybody\",\"Design\"]},"
    "{\"email\":\"tomas.berg@juniper.example\",\"first_name\":\"Tomás\",\"last_name\":\"Berg\","
    "\"idp_id\":\"00u2tomas\",\"role\":\"manager\",\"custom_attributes\":{\"department_name\":"
    "\"Workshop\",\"job_title\":\"Master "
    "builder\",\"manager_email\":\"mira.holt@juniper.example\"},"
    "\"groups\":[\"Everybody\",\"Workshop\"]},"
    "{\"email\":\"aya.nakamura@juniper.example\",\"first_name\":\"Aya\",\"last_name\":\"Nakamura\","
    "\"idp_id\":\"00u3aya\",\"custom_attributes\":{\"department_name\":\"Design\","
    "\"job_title\":\"Naval architect\"},\"groups\":[\"Everybody\",\"Design\"]},"
    "{\"email\":\"samuel.adeyemi@juniper.example\",\"first_name\":\"Samuel\",\"last_name\":"
    "\"Adeyemi\",\"idp_id\":\"00u4samuel\",\"custom_attributes\":{\"department_name\":\"Sales\","
    "\"job_title\":\"Account lead\"},\"groups\":[\"Everybody\"]},",
    "{\"email\":\"ines.duarte@juniper.example\",\"first_name\":\"Inês\",\"last_name\":\"Duarte\","
    "\"custom_attributes\":{\"department_name\":\"Workshop\",\"job_title\":\"Sailmaker\"},"
    "\"groups\":[\"Everybody\",\"Workshop\"]},"
    "{\"email\":\"jonas.lind@juniper.example\",\"first_name\":\"Jonas\",\"last_name\":\"Lind\","
    "\"state\":\"suspended\",\"custom_attributes\":{\"department_name\":\"Workshop\","
    "\"job_title\":\"Rigger\"},\"groups\":[\"Everybody\",\"Night watch\"]}]},",
    "{\"id\":\"directory_01HARB0R0000000000000P1NE\",\"name\":\"Harbor & Pine people\","
    "\"type\":\"gsuite directory\",\"organization\":\"Harbor & Pine\",\"groups\":["
    "{\"name\":\"Showroom\"},{\"name\":\"Office\"}],\"users\":["
    "{\"email\":\"elise.martin@harborpine.example\",\"first_name\":\"Élise\",\"last_name\":"
    "\"Martin\","
    "\"role\":\"admin\",\"custom_attributes\":{\"department_name\":\"Office\"},"
    "\"groups\":[\"Office\"]},"
    "{\"email\":\"robin.castell@harborpine.example\",\"first_name\":\"Robin\",\"last_name\":"
    "\"Castell\",\"custom_attributes\":{\"department_name\":\"Showroom\"},"
    "\"groups\":[\"Showroom\"]},"
    "{\"email\":\"noor.haddad@harborpine.example\",\"first_name\":\"Noor\",\"last_name\":"
    "\"Haddad\","
    "\"custom_attributes\":{\"department_name\":\"Showroom\"},\"groups\":[\"Showroom\"]}]}]}",
};

char *seed_default(void)
{
    AUTO_TEXT whole = { 0 };
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        text_add(&whole, pieces[i]);
    return text_copy(whole.bytes);
}
