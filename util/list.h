// SPDX-License-Identifier: MIT
// Embedded circular doubly linked list.  The head is a ListNode too.  The owner
// of the list provides the locking.
#pragma once

#include "util/types.h"

typedef struct ListNode {
    struct ListNode *next, *prev;
} ListNode;

static inline void list_init(ListNode *head) { head->next = head->prev = head; }
static inline bool list_empty(const ListNode *head) { return head->next == head; }

// A zeroed or removed node is not linked.
static inline bool list_linked(const ListNode *n) { return n->next && n->next != n; }

static inline void list_insert_before(ListNode *at, ListNode *n)
{
    n->prev = at->prev;
    n->next = at;
    at->prev->next = n;
    at->prev = n;
}

static inline void list_push_back(ListNode *head, ListNode *n) { list_insert_before(head, n); }
static inline void list_push_front(ListNode *head, ListNode *n)
{
    list_insert_before(head->next, n);
}

static inline void list_remove(ListNode *n)
{
    n->prev->next = n->next;
    n->next->prev = n->prev;
    n->next = n->prev = NULL;
}

static inline ListNode *list_pop_front(ListNode *head)
{
    ListNode *n = head->next;

    if (n == head)
        return NULL;
    list_remove(n);
    return n;
}

// The body must not remove `it`; list_foreach_safe lets it.
#define list_foreach(it, head, Type, member)                                  \
    for (Type *it = container_of((head)->next, Type, member);                 \
         &it->member != (head); it = container_of(it->member.next, Type, member))

#define list_foreach_safe(it, head, Type, member)                             \
    for (Type *it = container_of((head)->next, Type, member),                 \
              *it##_next = container_of(it->member.next, Type, member);       \
         &it->member != (head);                                               \
         it = it##_next, it##_next = container_of(it->member.next, Type, member))

#define list_foreach_reverse(it, head, Type, member)                          \
    for (Type *it = container_of((head)->prev, Type, member);                 \
         &it->member != (head); it = container_of(it->member.prev, Type, member))
