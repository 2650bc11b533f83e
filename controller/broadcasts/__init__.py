"""What sounds where and when: a broadcast from its order to its last revision, and its deliveries."""
