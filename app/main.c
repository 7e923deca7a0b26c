/* The program: everything but main() is a library, so that tests reach it. */
#include "command.h"

int main(int argc, char **argv)
{
    return command_main(argc, argv);
}
