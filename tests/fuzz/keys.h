/* key_1 of tests/data/jwks.json, and tests/data/ok-token.txt up to its signature, which the private
 * half of the key made: nobody else can make another. */
#ifndef LK_TESTS_FUZZ_KEYS_H
#define LK_TESTS_FUZZ_KEYS_H

#define FUZZ_KEYS                                                            \
    "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"key_1\",\"e\":\"AQAB\",\"n\":\""  \
    "sZVl5iE4RqYIEcLNJi_CwwCx8P_WNV_6L7BiJlMY0rilQD92dGczXjB1o9I6yQbuW7k-Rw" \
    "ngQ1cHC1LuCJPGtRbqD86Lau4D7IygfPCG-LjkwESXI0bPjxoT2R5YFKKPPZ5wXlSRERiL" \
    "IbclMDTcQBwb5PVuvM8hT3bKgbD1Jwcv4BpgvlmL5JF2y-xzTOmjoOTWgwhZKnMgDOOEYk" \
    "ZDuK5AGJYtKG1kgfoYRx9tDYjUFbUO1HSd539z_q0sfL715aDkhVdW2X1dAXYjjZoFMXNP" \
    "4ruu3a3ftj40kiUt7Bio3TYkV2it2KX5Q8eNXqIejUSnYHlsEBGCVA3UVc6rhw"         \
    "\"}]}"

#define FUZZ_TOKEN                                                           \
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImtleV8xIn0.eyJpc3MiOiJodHRwczovL2FwaS53b3" \
    "Jrb3MuY29tIiwic3ViIjoidXNlcl8wMSIsInNpZCI6InNlc3Npb25fMDEiLCJvcmdfaWQi" \
    "OiJvcmdfMDEiLCJyb2xlIjoiYWRtaW4iLCJwZXJtaXNzaW9ucyI6WyJkaXJlY3Rvcnk6cm" \
    "VhZCJdLCJpYXQiOjE3NzI0NTI3MDAsImV4cCI6MTc3MjQ1MzAwMCwianRpIjoiMDEifQ."

#endif
