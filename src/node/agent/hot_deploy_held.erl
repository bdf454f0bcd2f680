%% What an installation that nobody waits for any more may have left on a node: release_handler still at work, and
%% processes that are held.
-module(hot_deploy_held).
-export([look/1, resume/1]).

-define(PATIENCE, 2000).

%% Of the processes that an upgrade of these modules holds those that are held, and whether an installation is under way:
%% release_handler answers nobody meanwhile.
-spec look(#{updates := [string()]}) -> hot_deploy_json:json().
look(Request) ->
    Installing = installing(),
    %% While it installs, its own suspended processes are no leftovers.
    #{installing => Installing,
      held => [hot_deploy_node:note(Pid, []) || not Installing, Pid <- held(Request)]}.

%% Lets them run on. Resuming what runs already is harmless.
-spec resume(#{updates := [string()]}) -> hot_deploy_json:json().
resume(Request) ->
    Answers = hot_deploy_check:answer(held(Request), fun(Pid) -> sys:resume(Pid, ?PATIENCE) end),
    #{resumed => [hot_deploy_node:note(Pid, []) || {Pid, {ok, _}} <- Answers],
      unanswering => [hot_deploy_node:note(Pid, []) || {Pid, failed} <- Answers, is_process_alive(Pid)]}.

held(#{updates := Names}) ->
    [Pid || Pid <- hot_deploy_check:concerned(known(Names)), hot_deploy_node:is_suspended(Pid)].

installing() ->
    is_pid(whereis(release_handler)) andalso
        try sys:get_status(release_handler, ?PATIENCE) of
            _ -> false
        catch
            exit:{timeout, _} -> true;
            %% It restarts the VM, or was started anew in this moment: who asks again will hear.
            exit:_ -> true
        end.

%% An atom that is made once stays for ever.
known(Names) ->
    lists:append([try [binary_to_existing_atom(unicode:characters_to_binary(Name))]
                  catch error:badarg -> []
                  end || Name <- Names]).
