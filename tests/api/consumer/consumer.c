/* SPDX-License-Identifier: Apache-2.0 */
/* What a program outside this tree looks like: prints the library's answer to its first argument. */
#include <recipe/recipe.h>

#include <stdio.h>

int main(int argc, char** argv) {
    char* answer = NULL;
    const int status = argc > 1 ? recipe_check(argv[1], &answer) : recipe_version(NULL, &answer);
    if (answer != NULL) puts(answer);
    recipe_free(answer);
    return status;
}
